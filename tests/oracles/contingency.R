# Tests of a table of counts: Pearson with and without Yates, Fisher, mid-P, Boschloo, Fisher-Freeman-Halton.
# Made with R 4.2.2 (package stats 4.2.2). Run from the repository root: Rscript tests/oracles/contingency.R
here <- "tests/oracles"
# 2 x 2: events and patients of the group, then of the reference. First the counts of the IMN study.
two <- data.frame(
  k1 = c(23, 4, 0, 5, 7, 12, 3, 10, 1, 15),
  n1 = c(34, 38, 10, 5, 20, 34, 34, 14, 9, 30),
  k0 = c(37, 3, 4, 0, 1, 14, 1, 3, 8, 6),
  n0 = c(57, 60, 12, 5, 22, 57, 57, 14, 9, 30))
fisher <- function(k1, n1, k0, n0) fisher.test(matrix(c(k1, n1 - k1, k0, n0 - k0), 2))$p.value
chi <- function(k1, n1, k0, n0, yates, what)
  suppressWarnings(chisq.test(matrix(c(k1, n1 - k1, k0, n0 - k0), 2), correct = yates)[[what]])
# Mid-P as Lydersen et al. 2009: Fisher's P less half the chance of the table seen.
mid <- function(k1, n1, k0, n0) fisher(k1, n1, k0, n0) - 0.5 * dhyper(k1, n1, n0, k1 + k0)
# Boschloo as R package Exact: every table whose Fisher P is at most the one seen, summed, at the worst proportion.
boschloo <- function(k1, n1, k0, n0) {
  all <- expand.grid(x = 0:n1, y = 0:n0)
  p <- mapply(function(x, y) fisher(x, n1, y, n0), all$x, all$y)
  hit <- all[p <= fisher(k1, n1, k0, n0) * (1 + 1e-7), ]
  chance <- function(q) sum(dbinom(hit$x, n1, q) * dbinom(hit$y, n0, q))
  cuts <- seq(0, 1, length.out = 401)
  min(1, max(sapply(seq_len(400), function(i)
    optimize(chance, cuts[i + 0:1], maximum = TRUE, tol = 1e-10)$objective)))
}
two$pearson_statistic <- with(two, mapply(chi, k1, n1, k0, n0, FALSE, "statistic"))
two$pearson <- with(two, mapply(chi, k1, n1, k0, n0, FALSE, "p.value"))
two$yates_statistic <- with(two, mapply(chi, k1, n1, k0, n0, TRUE, "statistic"))
two$yates <- with(two, mapply(chi, k1, n1, k0, n0, TRUE, "p.value"))
two$fisher <- with(two, mapply(fisher, k1, n1, k0, n0))
two$mid_p <- with(two, mapply(mid, k1, n1, k0, n0))
two$boschloo <- with(two, mapply(boschloo, k1, n1, k0, n0))
two$smallest_expected <- with(two, mapply(function(k1, n1, k0, n0)
  min(outer(c(n1, n0), c(k1 + k0, n1 + n0 - k1 - k0)) / (n1 + n0)), k1, n1, k0, n0))
write.csv(two, file.path(here, "contingency_2x2.csv"), row.names = FALSE)
# r x c: cells by column, "levels" rows.
tables <- list(
  stages = matrix(c(10, 12, 12, 8, 30, 19), 3),
  sparse_stages = matrix(c(1, 20, 12, 1, 4, 28, 24, 1), 4),
  three_groups = matrix(c(6, 3, 5, 1, 8, 2, 0, 7, 4), 3),
  four_by_three = matrix(c(3, 1, 2, 0, 1, 6, 2, 4, 2, 0, 5, 3), 4),
  five_groups = matrix(c(10, 4, 5, 3, 16, 6, 8, 3, 4, 7), 2),
  many_levels = matrix(c(1, 0, 2, 3, 1, 0, 4, 1, 2, 1, 2, 2, 0, 5, 3, 0), 8),
  wide = matrix(c(40, 31, 22, 18, 25, 33, 41, 12, 30), 3),
  too_many = matrix(c(5, 1, 2, 0, 4, 3, 6, 2, 4, 1, 2, 0, 5, 3, 6, 4, 5, 9, 7, 3), 4))
rows <- lapply(names(tables), function(s) {
  m <- tables[[s]]; e <- outer(rowSums(m), colSums(m)) / sum(m)
  chi <- suppressWarnings(chisq.test(m, correct = FALSE))
  data.frame(table = s, levels = nrow(m), cells = paste(m, collapse = " "), statistic = unname(chi$statistic),
             df = unname(chi$parameter), pearson = chi$p.value, exact = fisher.test(m, workspace = 2e8)$p.value,
             share_below_5 = mean(e < 5), smallest_expected = min(e))
})
write.csv(do.call(rbind, rows), file.path(here, "contingency_rxc.csv"), row.names = FALSE)
