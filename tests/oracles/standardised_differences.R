# Standardised differences, from their formulas (Austin 2009; Yang and Dalton 2012).
# Made with R 4.2.2 (package base 4.2.2). Run from the repository root: Rscript tests/oracles/standardised_differences.R
here <- "tests/oracles"
continuous <- data.frame(
  mean1 = c(38.57, 26.1, 80, 1.2), sd1 = c(7.86, 3.2, 20, 0.4),
  mean0 = c(33.98, 26.1, 95, 1.5), sd0 = c(8.89, 2.9, 0, 0.6))
continuous$smd <- with(continuous, (mean1 - mean0) / sqrt((sd1^2 + sd0^2) / 2))
write.csv(continuous, file.path(here, "standardised_differences_continuous.csv"), row.names = FALSE)
binary <- data.frame(p1 = c(25 / 34, 0, 1 / 34, 0.5), p0 = c(43 / 57, 2 / 57, 0.9, 0.5))
binary$smd <- with(binary, (p1 - p0) / sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2))
write.csv(binary, file.path(here, "standardised_differences_binary.csv"), row.names = FALSE)
# dataset, proportions of group 1 and 0 per level; the first level is left out here, the last in yang_dalton_last
levels_of <- list(
  stage = list(c(25, 6, 3) / 34, c(41, 10, 6) / 57),
  two = list(c(0.3, 0.7), c(0.45, 0.55)),
  four = list(c(0.1, 0.2, 0.3, 0.4), c(0.25, 0.25, 0.25, 0.25)),
  one_level_missing = list(c(0.5, 0.5, 0), c(0.2, 0.3, 0.5)))
yang_dalton <- function(p1, p0, out) {
  a <- p1[-out]; b <- p0[-out]
  spread <- ((diag(a, length(a)) - a %o% a) + (diag(b, length(b)) - b %o% b)) / 2
  sqrt(drop(t(a - b) %*% solve(spread) %*% (a - b)))
}
rows <- list()
for (s in names(levels_of)) {
  p1 <- levels_of[[s]][[1]]; p0 <- levels_of[[s]][[2]]
  rows[[length(rows) + 1]] <- data.frame(
    dataset = s, level = seq_along(p1), p1 = p1, p0 = p0, smd = yang_dalton(p1, p0, 1),
    smd_last_left_out = yang_dalton(p1, p0, length(p1)))
}
write.csv(do.call(rbind, rows), file.path(here, "standardised_differences_categorical.csv"), row.names = FALSE)
null <- data.frame(n1 = c(34, 20, 5), n0 = c(57, 20, 100))
null$high <- 1.96 * sqrt(1 / null$n1 + 1 / null$n0)
write.csv(null, file.path(here, "standardised_differences_null.csv"), row.names = FALSE)
