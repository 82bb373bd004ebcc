# Change within patients, and comparisons of groups over repeated visits.
# Made with R 4.2.2 (stats 4.2.2, nlme 3.1-162, geepack 1.3-9). Run from the repository root:
# Rscript tests/oracles/repeated.R
suppressPackageStartupMessages({library(nlme); library(geepack)})
set.seed(20230712)
here <- "tests/oracles"
save <- function(x, name) write.csv(x, file.path(here, name), row.names = FALSE)
# 1. Pairs.
pairs <- list(
  untied = {b <- rlnorm(14, 1.5, 0.5); data.frame(before = b, after = b * rlnorm(14, -0.5, 0.6))},
  untied_more = {b <- rlnorm(34, 1.5, 0.5); data.frame(before = b, after = b * rlnorm(34, -0.2, 0.9))},
  untied_fifty = {b <- rlnorm(50, 1.5, 0.5); data.frame(before = b, after = b * rlnorm(50, -0.1, 0.5))},
  tied = {b <- round(rnorm(30, 30, 5)); data.frame(before = b, after = b + rpois(30, 3) + 1)},
  tied_zeros = {b <- round(rnorm(57, 25, 5)); data.frame(before = b, after = b + round(rnorm(57, 1, 3)))},
  six = data.frame(before = c(5.1, 6.3, 4.2, 7.7, 3.9, 8.2), after = c(2.2, 3.1, 4.4, 2.9, 1.4, 5.7)))
save(do.call(rbind, lapply(names(pairs), function(s) cbind(dataset = s, pairs[[s]]))), "paired_input.csv")
out <- list()
add <- function(s, test, level, estimate, ci, p, statistic, se = NA, df = NA) out[[length(out) + 1]] <<- data.frame(
  dataset = s, test, conf_level = level, estimate, std_error = se, conf_low = ci[1], conf_high = ci[2],
  statistic = unname(statistic), df = unname(df), p_value = p)
for (s in names(pairs)) for (level in c(0.95, 0.9)) {
  d <- pairs[[s]]; x <- d$after - d$before; moved <- x[x != 0]
  exact <- length(x) < 50 && !anyDuplicated(abs(x)) && all(x != 0)
  w <- wilcox.test(x, exact = exact, correct = TRUE, conf.int = TRUE, conf.level = level, tol.root = 1e-13)
  walsh <- outer(moved, moved, "+") / 2
  middle <- median(walsh[!lower.tri(walsh)])  # R's approximate estimate is a root between two averages
  if (exact) stopifnot(all.equal(unname(w$estimate), middle))
  add(s, if (exact) "signed_rank_exact" else "signed_rank_normal", level, middle, w$conf.int, w$p.value, w$statistic)
  t <- t.test(d$after, d$before, paired = TRUE, conf.level = level)
  add(s, "mean", level, unname(t$estimate), t$conf.int, t$p.value, t$statistic, t$stderr, t$parameter)
  g <- t.test(log(d$after / d$before), conf.level = level)
  add(s, "ratio", level, exp(unname(g$estimate)), exp(g$conf.int), g$p.value, g$statistic, g$stderr, g$parameter)
}
save(do.call(rbind, out), "paired.csv")
# 2. Visits: 91 patients in two groups and 60 in three, some visits missed; values above 0.
make <- function(sizes, months, between, within, trend) {
  id <- sprintf("P-%03d", seq_len(sum(sizes))); group <- rep(names(sizes), sizes)
  baseline <- rlnorm(length(id), 1.5, 0.5); own <- rnorm(length(id), 0, between)
  d <- expand.grid(patient = seq_along(id), month = months)
  d <- d[runif(nrow(d)) > 0.004 * d$month^1.5, ]
  drop <- trend[group[d$patient]] * d$month
  value <- exp(0.6 * log(baseline[d$patient]) + own[d$patient] + drop + rnorm(nrow(d), 0, within))
  data.frame(patient_id = id[d$patient], group = group[d$patient], month = d$month,
             baseline = round(baseline[d$patient], 4), value = round(value, 4))
}
months <- c(2, 3, 6, 9, 12)
visits <- list(
  two = make(c(A = 34, B = 57), months, 0.6, 0.5, c(A = -0.12, B = -0.07)),
  three = make(c(A = 22, B = 14, C = 24), months, 0.4, 0.7, c(A = -0.1, B = -0.05, C = -0.1)),
  no_spread = make(c(A = 18, B = 20), c(3, 6, 12), 0, 0.5, c(A = -0.1, B = -0.08)))
# In the last one most of the mean residual of each patient is taken out, so that no spread between patients is left.
v <- visits$no_spread
r <- resid(lm(log(value) ~ group * factor(month) + log(baseline), v))
v$value <- round(v$value * exp(-0.6 * ave(r, v$patient_id)), 4); visits$no_spread <- v
save(do.call(rbind, lapply(names(visits), function(s) cbind(dataset = s, visits[[s]]))), "visits_input.csv")
transform_to <- function(d, scale) { if (scale == "log") d[c("value", "baseline")] <- log(d[c("value", "baseline")]); d }
tight <- lmeControl(opt = "optim", msMaxIter = 500, maxIter = 200, tolerance = 1e-10, msTol = 1e-12, reltol = 1e-14)
mixed <- list(); tests <- list(); ancova <- list()
for (s in names(visits)) for (scale in c("log", "linear")) {
  d <- transform_to(visits[[s]], scale); d$group <- relevel(factor(d$group), ref = "B")
  d$visit <- factor(d$month)
  back <- if (scale == "log") exp else identity
  last <- d[d$month == 12, ]; fit <- lm(value ~ group + baseline, last); ci <- confint(fit)
  for (g in setdiff(levels(d$group), "B")) { k <- paste0("group", g); co <- summary(fit)$coefficients[k, ]
    ancova[[length(ancova) + 1]] <- data.frame(dataset = s, scale, group = g, estimate = back(co[1]),
      std_error = co[2], conf_low = back(ci[k, 1]), conf_high = back(ci[k, 2]), statistic = co[3],
      df = fit$df.residual, p_value = co[4]) }
  if (s == "no_spread") next
  for (m in levels(d$visit)) {
    d$at <- relevel(d$visit, ref = m)
    f <- lme(value ~ group * at + baseline, random = ~ 1 | patient_id, data = d, method = "REML", control = tight)
    for (g in setdiff(levels(d$group), "B")) { t <- summary(f)$tTable[paste0("group", g), ]
      half <- qt(0.975, t["DF"]) * t["Std.Error"]
      mixed[[length(mixed) + 1]] <- data.frame(dataset = s, scale, group = g, month = as.numeric(m),
        estimate = back(t["Value"]), std_error = t["Std.Error"], conf_low = back(t["Value"] - half),
        conf_high = back(t["Value"] + half), df = t["DF"], p_value = t["p-value"]) }
  }
  full <- lme(value ~ group * visit + baseline, random = ~ 1 | patient_id, data = d, method = "ML", control = tight)
  none <- lme(value ~ group + visit + baseline, random = ~ 1 | patient_id, data = d, method = "ML", control = tight)
  a <- anova(none, full)
  tests[[length(tests) + 1]] <- data.frame(dataset = s, scale, statistic = a[2, "L.Ratio"],
                                           df = diff(a$df), p_value = a[2, "p-value"])
}
save(do.call(rbind, ancova), "ancova.csv"); save(do.call(rbind, mixed), "mixed.csv"); save(do.call(rbind, tests), "mixed_interaction.csv")
# 3. Estimating equations: estimates of geepack; the Mancl-DeRouen covariance by its formula, at geepack's correlation.
gee <- list()
for (s in names(visits)) {
  d <- transform_to(visits[[s]], "log"); d$group <- relevel(factor(d$group), ref = "B"); d$visit <- factor(d$month)
  d <- d[order(d$patient_id, d$month), ]; d$id <- as.integer(factor(d$patient_id))
  x <- model.matrix(~ 0 + group:visit + baseline, d)
  f <- geeglm(d$value ~ 0 + x, id = d$id, corstr = "exchangeable",
              control = geese.control(epsilon = 1e-12, maxit = 200))
  alpha <- unname(f$geese$alpha); r <- d$value - x %*% coef(f)
  rows <- split(seq_len(nrow(d)), d$id)
  inverse <- lapply(rows, function(i) solve((1 - alpha) * diag(length(i)) + alpha))
  bread <- solve(Reduce(`+`, Map(function(i, w) t(x[i, , drop = FALSE]) %*% w %*% x[i, , drop = FALSE], rows, inverse)))
  score <- Map(function(i, w) { xi <- x[i, , drop = FALSE]
    t(xi) %*% w %*% solve(diag(length(i)) - xi %*% bread %*% t(xi) %*% w, r[i]) }, rows, inverse)
  covariance <- bread %*% Reduce(`+`, lapply(score, tcrossprod)) %*% bread
  name <- sub("^x", "", colnames(x))
  gee[[length(gee) + 1]] <- data.frame(dataset = s, column = name, alpha, estimate = unname(coef(f)),
                                       std_error = sqrt(diag(covariance)))
}
save(do.call(rbind, gee), "gee.csv")
# 4. Slopes per year with a random slope.
n <- c(A = 34, B = 57); id <- sprintf("P-%03d", 1:91); group <- rep(names(n), n)
level <- rnorm(91, 85, 18); slope <- rnorm(91, ifelse(group == "A", -6, -3), 5)
e <- expand.grid(patient = 1:91, month = c(0, 3, 6, 9, 12, 18, 24)); e <- e[runif(nrow(e)) > 0.006 * e$month, ]
e$years <- round(pmax(0, e$month / 12 + ifelse(e$month > 0, rnorm(nrow(e), 0, 0.03), 0)), 4)
egfr <- data.frame(patient_id = id[e$patient], group = group[e$patient], years = e$years,
                   value = round(level[e$patient] + slope[e$patient] * e$years + rnorm(nrow(e), 0, 6), 2))
save(egfr, "slopes_input.csv")
out <- list()
for (reference in c("A", "B")) {
  egfr$g <- relevel(factor(egfr$group), ref = reference)
  f <- lme(value ~ g * years, random = ~ years | patient_id, data = egfr, method = "REML", control = tight)
  t <- summary(f)$tTable
  out[[length(out) + 1]] <- data.frame(what = reference, estimate = t["years", 1], std_error = t["years", 2])
  if (reference == "B") out[[length(out) + 1]] <- data.frame(what = "A - B", estimate = t["gA:years", 1],
                                                             std_error = t["gA:years", 2])
}
out <- do.call(rbind, out); df <- 91 - 2  # our degrees of freedom: patients less groups
out$conf_low <- out$estimate - qt(0.975, df) * out$std_error; out$conf_high <- out$estimate + qt(0.975, df) * out$std_error
out$p_value <- 2 * pt(-abs(out$estimate / out$std_error), df)
save(out, "slopes.csv")
# 5. Slopes that do not differ between patients, whose levels do: a random intercept only.
n <- c(A = 14, B = 16); id <- sprintf("Q-%03d", 1:30); group <- rep(names(n), n); years <- c(0, 0.5, 1, 1.5)
level <- rnorm(30, 80, 12)
e <- expand.grid(visit = seq_along(years), patient = 1:30); e$years <- years[e$visit]
noise <- rnorm(nrow(e), 0, 5)
for (i in 1:30) { own <- e$patient == i; noise[own] <- noise[own] - 0.7 * (fitted(lm(noise[own] ~ years)) - mean(noise[own])) }
parallel <- data.frame(patient_id = id[e$patient], group = group[e$patient], years = e$years,
  value = round(level[e$patient] - ifelse(group[e$patient] == "A", 5, 2) * e$years + noise, 2))
save(parallel, "slopes_parallel_input.csv")
out <- list()
for (reference in c("A", "B")) {
  parallel$g <- relevel(factor(parallel$group), ref = reference)
  f <- lme(value ~ g * years, random = ~ 1 | patient_id, data = parallel, method = "REML", control = tight)
  t <- summary(f)$tTable
  out[[length(out) + 1]] <- data.frame(what = reference, estimate = t["years", 1], std_error = t["years", 2])
  if (reference == "B") out[[length(out) + 1]] <- data.frame(what = "A - B", estimate = t["gA:years", 1],
                                                             std_error = t["gA:years", 2])
}
save(do.call(rbind, out), "slopes_parallel.csv")
