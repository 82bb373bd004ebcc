# Tests of a continuous variable between two and more groups.
# Made with R 4.2.2 (stats 4.2.2, car 3.1-1, coin 1.4-2, exactRankTests 0.8-35).
# Run from the repository root: Rscript tests/oracles/comparisons.R
suppressPackageStartupMessages({library(coin); library(exactRankTests); library(car)})
set.seed(20230712)
here <- "tests/oracles"
sets <- list(
  regimens = list(a = round(rnorm(34, 25, 5), 1), b = round(rnorm(57, 23, 7), 1)),
  untied_small = list(a = rlnorm(15, 1.2, 0.8), b = rlnorm(18, 0.9, 0.9)),
  untied_twenty = list(a = rnorm(20, 60, 10), b = rnorm(20, 68, 22)),
  untied_one_more = list(a = rnorm(21, 60, 10), b = rnorm(20, 68, 22)),
  eights = list(a = c(3.1, 4.7, 5.2, 6.6, 7.3, 8.8, 9.5, 12.4), b = c(1.2, 2.3, 3.6, 4.1, 4.9, 5.8, 6.1, 7.7)),
  counts_tied = list(a = rpois(12, 3), b = rpois(14, 4)),
  three = list(a = rnorm(30, 50, 8), b = rnorm(25, 54, 12), c = rnorm(40, 49, 9)),
  three_tied = list(a = rpois(30, 3), b = rpois(9, 4), c = rpois(15, 5)),
  five = list(a = rlnorm(14, 1, 1), b = rlnorm(8, 1.3, 1), c = rlnorm(22, 0.8, 1), d = rlnorm(17, 1, 0.5),
              e = rlnorm(11, 1.9, 0.7)))
input <- do.call(rbind, lapply(names(sets), function(s) do.call(rbind, lapply(names(sets[[s]]), function(g)
  data.frame(dataset = s, group = g, value = sets[[s]][[g]])))))
write.csv(input, file.path(here, "comparisons_input.csv"), row.names = FALSE)
row <- function(s, test, statistic, p, df = NA, estimate = NA, se = NA, low = NA, high = NA, level = NA)
  data.frame(dataset = s, test, conf_level = level, statistic = unname(statistic), df = unname(df), p_value = p,
             estimate = unname(estimate), std_error = se, conf_low = low, conf_high = high)
out <- list(); add <- function(r) out[[length(out) + 1]] <<- r
for (s in names(sets)) {
  g <- sets[[s]]; long <- input[input$dataset == s, ]; long$group <- factor(long$group)
  if (length(g) == 2) for (level in c(0.95, 0.9)) {
    for (equal in c(FALSE, TRUE)) {
      t <- t.test(g$a, g$b, var.equal = equal, conf.level = level)
      add(row(s, if (equal) "student" else "welch", t$statistic, t$p.value, t$parameter,
              mean(g$a) - mean(g$b), t$stderr, t$conf.int[1], t$conf.int[2], level))
    }
    tied <- anyDuplicated(c(g$a, g$b)) > 0
    exact <- !tied && max(lengths(g)) <= 20
    w <- wilcox.test(g$a, g$b, exact = exact, correct = TRUE, conf.int = TRUE, conf.level = level, tol.root = 1e-13)
    middle <- median(outer(g$a, g$b, "-"))  # R's approximate estimate is a root between two differences
    add(row(s, if (exact) "mann_whitney_exact" else "mann_whitney_normal", w$statistic, w$p.value,
            estimate = middle, low = w$conf.int[1], high = w$conf.int[2], level = level))
    if (exact) {  # two other packages must say the same
      e <- wilcox.exact(g$a, g$b, conf.int = TRUE, conf.level = level)
      k <- coin::wilcox_test(value ~ group, long, distribution = "exact", conf.int = TRUE, conf.level = level)
      stopifnot(all.equal(e$p.value, w$p.value), all.equal(as.numeric(pvalue(k)), w$p.value),
                all.equal(c(e$conf.int), c(w$conf.int), check.attributes = FALSE),
                all.equal(unname(e$estimate), middle), all.equal(unname(w$estimate), middle))
    }
  }
  for (centre in c("median", "mean")) {
    l <- leveneTest(value ~ group, long, center = centre)
    add(row(s, paste0("levene_", centre), l[1, "F value"], l[1, "Pr(>F)"], l[1, "Df"]))
  }
  for (equal in c(FALSE, TRUE)) {
    o <- oneway.test(value ~ group, long, var.equal = equal)
    add(row(s, if (equal) "anova" else "welch_anova", o$statistic, o$p.value, o$parameter[1]))
  }
  k <- kruskal.test(value ~ group, long)
  add(row(s, "kruskal", k$statistic, k$p.value, k$parameter))
}
write.csv(do.call(rbind, out), file.path(here, "comparisons.csv"), row.names = FALSE)
# Pairs with Holm's correction.
pairs <- list()
for (s in c("three", "three_tied", "five")) {
  long <- input[input$dataset == s, ]
  holm <- list(
    mean = pairwise.t.test(long$value, long$group, p.adjust.method = "holm", pool.sd = FALSE)$p.value,
    median = outer(unique(long$group)[-1], head(unique(long$group), -1), Vectorize(function(h, l) {
      x <- long$value[long$group == h]; y <- long$value[long$group == l]
      exact <- max(length(x), length(y)) <= 20 && !anyDuplicated(c(x, y))
      if (h > l) wilcox.test(x, y, exact = exact)$p.value else NA })))
  holm$median[] <- p.adjust(holm$median, "holm")
  for (kind in names(holm)) {
    m <- holm[[kind]]; at <- which(!is.na(m), arr.ind = TRUE); names <- unique(long$group)
    pairs[[length(pairs) + 1]] <- data.frame(dataset = s, kind, group = names[-1][at[, 1]],
                                             reference_group = names[at[, 2]], p_holm = m[at])
  }
}
write.csv(do.call(rbind, pairs), file.path(here, "comparisons_pairs.csv"), row.names = FALSE)
# Shapiro-Wilk, and skewness G1 by its formula (Joanes and Gill 1998, as SPSS).
shape <- do.call(rbind, lapply(split(input, paste(input$dataset, input$group)), function(d) {
  x <- d$value; n <- length(x); z <- x - mean(x)
  data.frame(dataset = d$dataset[1], group = d$group[1], shapiro_p = shapiro.test(x)$p.value,
             skewness = mean(z^3) / mean(z^2)^1.5 * sqrt(n * (n - 1)) / (n - 2))
}))
write.csv(shape, file.path(here, "comparisons_shape.csv"), row.names = FALSE)
# P values adjusted together.
p <- list(mixed = c(0.01, 0.04, 0.03, 0.005, NA, 0.2), equal = c(0.04, 0.04, 0.04), one = 0.3, large = c(0.6, 0.7, 0.9),
          visits = c(0.0004, 0.021, 0.13, 0.048, 0.0499, 1, 0.032))
adjusted <- do.call(rbind, lapply(names(p), function(s) data.frame(
  family = s, p_value = p[[s]], holm = p.adjust(p[[s]], "holm"), bh = p.adjust(p[[s]], "BH"))))
write.csv(adjusted, file.path(here, "multiplicity.csv"), row.names = FALSE)
