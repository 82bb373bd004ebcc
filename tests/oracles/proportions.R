# Wilson and Clopper-Pearson intervals of a proportion, Newcombe interval of a difference.
# Made with R 4.2.2 (package stats 4.2.2). Run from the repository root: Rscript tests/oracles/proportions.R
# Newcombe 1998, method 10, written out on the limits of prop.test(correct = FALSE).
here <- "tests/oracles"
counts <- data.frame(
  k = c(0, 0, 0, 1, 1, 2, 4, 5, 6, 9, 11, 13, 14, 12, 1, 5, 250),
  n = c(14, 34, 5, 14, 34, 57, 57, 8, 34, 14, 57, 14, 14, 34, 1, 13, 1000))
limits <- function(k, n, level) suppressWarnings(prop.test(k, n, conf.level = level, correct = FALSE)$conf.int)
rows <- list()
for (i in seq_len(nrow(counts))) for (level in c(0.9, 0.95)) {
  wilson <- limits(counts$k[i], counts$n[i], level)
  exact <- binom.test(counts$k[i], counts$n[i], conf.level = level)$conf.int
  rows[[length(rows) + 1]] <- data.frame(
    k = counts$k[i], n = counts$n[i], conf_level = level,
    wilson_low = wilson[1], wilson_high = wilson[2], exact_low = exact[1], exact_high = exact[2])
}
write.csv(do.call(rbind, rows), file.path(here, "proportions.csv"), row.names = FALSE)
pairs <- data.frame(
  k1 = c(6, 2, 1, 0, 1, 1, 0, 30, 10, 3, 250),
  n1 = c(34, 34, 34, 34, 34, 34, 10, 34, 10, 20, 1000),
  k0 = c(11, 4, 2, 1, 0, 1, 0, 38, 0, 9, 300),
  n0 = c(57, 57, 57, 57, 57, 57, 12, 57, 12, 20, 1000))
newcombe <- function(k1, n1, k0, n0, level) {
  a <- limits(k1, n1, level); b <- limits(k0, n0, level); p1 <- k1 / n1; p0 <- k0 / n0
  c(p1 - p0, p1 - p0 - sqrt((p1 - a[1])^2 + (b[2] - p0)^2), p1 - p0 + sqrt((a[2] - p1)^2 + (p0 - b[1])^2))
}
rows <- list()
for (i in seq_len(nrow(pairs))) for (level in c(0.9, 0.95)) {
  value <- with(pairs[i, ], newcombe(k1, n1, k0, n0, level))
  rows[[length(rows) + 1]] <- cbind(pairs[i, ], data.frame(
    conf_level = level, estimate = value[1], conf_low = value[2], conf_high = value[3]))
}
write.csv(do.call(rbind, rows), file.path(here, "proportions_differences.csv"), row.names = FALSE)
