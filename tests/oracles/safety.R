# Intervals of the adverse-events page: differences, risk ratio, odds ratio, rates, recurrent events.
# Made with R 4.2.2 (stats 4.2.2, MASS 7.3-58.2). Run from the repository root: Rscript tests/oracles/safety.R
# Score intervals (Miettinen-Nurminen 1985, variance times N / (N - 1)) are found by uniroot on the score statistic whose
# restricted likelihood is maximised numerically with optimize: no closed form is shared with the app.
here <- "tests/oracles"
pairs <- data.frame(
  k1 = c(6, 2, 1, 0, 1, 1, 0, 30, 10, 3, 250, 5, 12),
  n1 = c(34, 34, 34, 34, 34, 34, 10, 34, 10, 20, 1000, 8, 14),
  k0 = c(11, 4, 2, 1, 0, 1, 0, 38, 0, 9, 300, 1, 3),
  n0 = c(57, 57, 57, 57, 57, 57, 12, 57, 12, 20, 1000, 13, 60))
z <- qnorm(0.975); tiny <- 1e-12
log_lik <- function(k, n, p) dbinom(k, n, pmin(pmax(p, tiny), 1 - tiny), log = TRUE)
peak <- function(f, low, high) {           # a coarse grid, then optimize round its best point
  if (high - low < 1e-13) return(low)
  grid <- seq(low, high, length.out = 101); at <- which.max(sapply(grid, f))
  a <- grid[max(at - 1, 1)]; b <- grid[min(at + 1, 101)]
  best <- optimize(f, c(a, b), maximum = TRUE, tol = 1e-13)$maximum
  ends <- c(best, low, high); ends[which.max(sapply(ends, f))]
}
mn_z <- function(d, k1, n1, k0, n0) {
  low <- max(0, -d); high <- min(1, 1 - d)
  p0 <- peak(function(p) log_lik(k1, n1, p + d) + log_lik(k0, n0, p), low, high); p1 <- p0 + d
  n <- n1 + n0; v <- (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
  (k1 / n1 - k0 / n0 - d) / sqrt(max(v, 1e-16))
}
mn <- function(k1, n1, k0, n0) {
  d <- k1 / n1 - k0 / n0
  f <- function(x) mn_z(x, k1, n1, k0, n0)
  low <- if (f(-1 + 1e-9) < z) -1 else uniroot(function(x) f(x) - z, c(-1 + 1e-9, d), tol = 1e-12)$root
  high <- if (f(1 - 1e-9) > -z) 1 else uniroot(function(x) f(x) + z, c(d, 1 - 1e-9), tol = 1e-12)$root
  c(low, high)
}
ratio_z <- function(r, k1, n1, k0, n0) {
  p0 <- peak(function(p) log_lik(k1, n1, r * p) + log_lik(k0, n0, p), 0, min(1, 1 / r)); p1 <- r * p0
  n <- n1 + n0; v <- (p1 * (1 - p1) / n1 + r^2 * p0 * (1 - p0) / n0) * n / (n - 1)
  (k1 / n1 - r * k0 / n0) / sqrt(v)
}
ratio <- function(k1, n1, k0, n0) {
  if (k1 == 0 || k0 == 0) return(c(NA, NA, NA))
  r <- (k1 / n1) / (k0 / n0); f <- function(x) ratio_z(exp(x), k1, n1, k0, n0)
  c(r, exp(uniroot(function(x) f(x) - z, log(r) - c(8, 0), tol = 1e-12)$root),
    exp(uniroot(function(x) f(x) + z, log(r) + c(0, 8), tol = 1e-12)$root))
}
caffo <- function(k1, n1, k0, n0) {
  p1 <- (k1 + 1) / (n1 + 2); p0 <- (k0 + 1) / (n0 + 2)
  half <- z * sqrt(p1 * (1 - p1) / (n1 + 2) + p0 * (1 - p0) / (n0 + 2))
  c(max(p1 - p0 - half, -1), min(p1 - p0 + half, 1))
}
fisher <- function(k1, n1, k0, n0) {
  if (min(k1, k0, n1 - k1, n0 - k0) == 0) return(c(NA, NA, NA))
  # fisher.test solves the same equations with a tolerance of 1e-4 only; here they are solved to 1e-12.
  x <- max(0, k1 + k0 - n0):min(k1 + k0, n1); base <- dhyper(x, n1, n0, k1 + k0, log = TRUE)
  chance <- function(b) { w <- exp(base + b * x - max(base + b * x)); w / sum(w) }
  root <- function(f) exp(uniroot(f, c(-20, 20), tol = 1e-13)$root)
  found <- c(root(function(b) sum(chance(b) * x) - k1), root(function(b) sum(chance(b)[x >= k1]) - 0.025),
             root(function(b) sum(chance(b)[x <= k1]) - 0.025))
  known <- fisher.test(matrix(c(k1, n1 - k1, k0, n0 - k0), 2))
  stopifnot(max(abs(found / c(known$estimate, known$conf.int) - 1)) < 0.02)
  found
}
each <- function(f) t(mapply(f, pairs$k1, pairs$n1, pairs$k0, pairs$n0))
out <- cbind(pairs, each(mn), each(caffo), each(ratio), each(fisher))
names(out) <- c(names(pairs), "mn_low", "mn_high", "ac_low", "ac_high", "rr", "rr_low", "rr_high", "or", "or_low", "or_high")
write.csv(out, file.path(here, "safety_pairs.csv"), row.names = FALSE)
rates <- data.frame(x1 = c(3, 0, 7, 12, 1, 1), t1 = c(51, 20.5, 51, 100, 9.4, 14), x0 = c(5, 4, 15, 0, 1, 0), t0 = c(85.5, 30, 84, 90, 5.9, 14))
rates <- cbind(rates, t(mapply(function(x1, t1, x0, t0) {
  one <- poisson.test(x1, t1); two <- poisson.test(c(x1, x0), c(t1, t0))
  c(rate = unname(one$estimate), low = one$conf.int[1], high = one$conf.int[2],
    ratio = unname(two$estimate), ratio_low = two$conf.int[1], ratio_high = two$conf.int[2])
}, rates$x1, rates$t1, rates$x0, rates$t0)))
write.csv(rates, file.path(here, "safety_rates.csv"), row.names = FALSE)
set.seed(20230712)
n <- 70; group <- rep(c(TRUE, FALSE), c(28, 42)); time <- round(runif(n, 0.3, 2), 3)
counts <- data.frame(group, time, events = rnbinom(n, size = 0.8, mu = time * ifelse(group, 0.9, 1.6)))
write.csv(counts, file.path(here, "safety_recurrent_input.csv"), row.names = FALSE)
fit <- MASS::glm.nb(events ~ group + offset(log(time)), data = counts, control = glm.control(epsilon = 1e-12, maxit = 200))
b <- summary(fit)$coefficients["groupTRUE", ]
write.csv(data.frame(ratio = exp(b[[1]]), std_error = b[[2]], conf_low = exp(b[[1]] - z * b[[2]]), conf_high = exp(b[[1]] + z * b[[2]])),
          file.path(here, "safety_recurrent.csv"), row.names = FALSE)
power <- data.frame(n = c(34, 57, 14, 45, 20), p1 = c(0.47, 0.1765, 0.5, 0.02, 0.9), p0 = c(0.193, 0.193, 0.1, 0.2, 0.4))
power$power <- mapply(function(n, p1, p0) power.prop.test(n = n, p1 = p1, p2 = p0)$power, power$n, power$p1, power$p0)
write.csv(power, file.path(here, "safety_power.csv"), row.names = FALSE)
