# Fisher's exact test, two-sided, of two proportions, and the exact interval of each.
# Made with R 4.2.2 (package stats 4.2.2). Run from the repository root: Rscript tests/oracles/fisher.R
# The first row is the attrition of the IMN study: 4 of 38 against 3 of 60 withdrawn.
here <- "tests/oracles"
tables <- data.frame(
  k1 = c(4, 2, 0, 0, 5, 1, 12, 3, 7, 10, 40),
  n1 = c(38, 34, 10, 38, 5, 2, 34, 3, 20, 10, 400),
  k0 = c(3, 4, 0, 5, 0, 0, 14, 3, 1, 10, 70),
  n0 = c(60, 57, 12, 60, 5, 1, 57, 4, 22, 12, 390))
exact <- function(k, n) binom.test(k, n)$conf.int
tables$p_value <- with(tables, mapply(function(k1, n1, k0, n0)
  fisher.test(matrix(c(k1, n1 - k1, k0, n0 - k0), 2))$p.value, k1, n1, k0, n0))
tables$low1 <- with(tables, mapply(function(k, n) exact(k, n)[1], k1, n1))
tables$high1 <- with(tables, mapply(function(k, n) exact(k, n)[2], k1, n1))
tables$low0 <- with(tables, mapply(function(k, n) exact(k, n)[1], k0, n0))
tables$high0 <- with(tables, mapply(function(k, n) exact(k, n)[2], k0, n0))
write.csv(tables, file.path(here, "fisher.csv"), row.names = FALSE)
