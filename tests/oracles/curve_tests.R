# Weighted, stratified, trend, pairwise, fixed-time, exact and Gray tests.
# Made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11. Run from the repository root: Rscript tests/oracles/curve_tests.R
# Input: survival_input.csv (survival_input.R), factors_input.csv (factors_input.R).
suppressMessages({library(survival); library(cmprsk)})
here <- "tests/oracles"
input <- read.csv(file.path(here, "survival_input.csv"))
factors <- read.csv(file.path(here, "factors_input.csv"))
rows <- list()
add <- function(dataset, test, statistic, df, p = pchisq(statistic, df, lower.tail = FALSE))
  rows[[length(rows) + 1]] <<- data.frame(dataset = dataset, test = test, statistic = statistic, df = df, p_value = p)
weighted <- function(part, weight) {  # the formula, one event time after the other
  groups <- sort(unique(part$group)); k <- length(groups)
  u <- numeric(k); v <- matrix(0, k, k); surv <- 1
  for (t in sort(unique(part$time[part$event == 1]))) {
    n <- sapply(groups, function(g) sum(part$time >= t & part$group == g))
    d <- sapply(groups, function(g) sum(part$time == t & part$event == 1 & part$group == g))
    N <- sum(n); D <- sum(d); w <- weight(N, surv)
    u <- u + w * (d - D * n / N)
    if (N > 1) v <- v + w^2 * D * (N - D) / (N - 1) * (diag(n / N) - outer(n, n) / N^2)
    surv <- surv * (1 - D / N)
  }
  list(u = u, v = v, chisq = drop(u[-1] %*% solve(v[-1, -1], u[-1])), df = k - 1)
}
several <- c("imn_e1", "imn_e2", "ties", "no_ties", "three_groups", "competing_ties", "competing")
for (name in several) {
  part <- input[input$dataset == name, ]
  weights <- list("wilcoxon" = function(n, s) n, "tarone-ware" = function(n, s) sqrt(n),
                  "fh 0 1" = function(n, s) 1 - s, "fh 1 1" = function(n, s) s * (1 - s),
                  "fh 0.5 0.5" = function(n, s) sqrt(s * (1 - s)))
  for (test in names(weights)) { found <- weighted(part, weights[[test]]); add(name, test, found$chisq, found$df) }
  for (rho in c(0, 1, 0.5)) {
    found <- survdiff(Surv(time, event) ~ group, part, rho = rho)
    add(name, c("log-rank", "peto-peto", "fh 0.5 0")[match(rho, c(0, 1, 0.5))], found$chisq, length(found$n) - 1)
  }
  if (length(unique(part$group)) == 2) {
    fit <- summary(survfit(Surv(time, event) ~ group, part), times = if (name == "no_ties") 6 else 9)
    y <- log(-log(fit$surv)); s <- fit$std.err / (fit$surv * log(fit$surv))
    add(name, "fixed time", diff(y)^2 / sum(s^2), 1)
  }
  status <- ifelse(part$event == 1, 1, ifelse(part$competing == 1, 2, 0))
  gray <- cuminc(part$time, status, part$group)$Tests
  add(name, "gray", gray[1, "stat"], gray[1, "df"], gray[1, "pv"])
}
imn <- input[input$dataset %in% c("imn_e1", "imn_e2"), ]
for (name in c("imn_e1", "imn_e2")) {
  fit <- summary(survfit(Surv(time, event) ~ group, imn[imn$dataset == name, ]), times = 12)
  y <- log(-log(fit$surv)); s <- fit$std.err / (fit$surv * log(fit$surv))
  add(name, "fixed time 12", diff(y)^2 / sum(s^2), 1)
}
veteran <- factors[factors$dataset == "veteran", ]
for (rho in 0:1) {
  found <- survdiff(Surv(time, event) ~ group + strata(kind), veteran, rho = rho)
  add("veteran", paste("stratified rho", rho), found$chisq, 1)
}
found <- survdiff(Surv(time, event) ~ kind, veteran)
score <- c(1, 3, 2, 5)[rank(levels(factor(veteran$kind)))]
add("veteran", "trend", sum(score * (found$obs - found$exp))^2 / drop(score %*% found$var %*% score), 1)
pairs <- combn(c("squamous", "smallcell", "adeno", "large"), 2)
raw <- apply(pairs, 2, function(g) survdiff(Surv(time, event) ~ kind, veteran[veteran$kind %in% g, ])$chisq)
holm <- p.adjust(pchisq(raw, 1, lower.tail = FALSE), "holm")
for (i in seq_along(raw)) add("veteran", paste("pair", pairs[1, i], pairs[2, i]), raw[i], 1, holm[i])
small <- list(first9 = input[input$dataset == "ties", ][1:11, ], loose = input[input$dataset == "no_ties", ][1:12, ])
for (name in names(small)) {  # every deal of the patients to two groups
  part <- small[[name]]
  far <- function(member) { f <- survdiff(Surv(part$time, part$event) ~ member); (f$obs - f$exp)[1]^2 }
  deals <- combn(nrow(part), sum(part$group == "a"))
  all <- apply(deals, 2, function(i) far(replace(rep("b", nrow(part)), i, "a")))
  add(name, "exact", NA, 1, mean(all >= far(part$group) * (1 - 1e-9)))
}
part <- input[input$dataset == "three_groups", ][c(1:8), ]
far <- function(member) { f <- survdiff(Surv(part$time, part$event) ~ member); sum((f$obs - f$exp)^2 / f$n) }
all <- c()
for (i in combn(8, 3, simplify = FALSE)) for (j in combn(setdiff(1:8, i), 3, simplify = FALSE))
  all <- c(all, far(replace(replace(rep("c", 8), i, "a"), j, "b")))
add("three", "exact", NA, 2, mean(all >= far(part$group) * (1 - 1e-9)))
write.csv(do.call(rbind, rows), file.path(here, "curve_tests.csv"), row.names = FALSE)
