# Sample quantiles of type 6 and 7, and the t interval of a mean.
# Made with R 4.2.2 (package stats 4.2.2). Run from the repository root: Rscript tests/oracles/quantiles.R
# fsgs_scr: creatinine (umol/L) of the 14 patients of the published FSGS sample design, column scr0.
set.seed(20230712)
here <- "tests/oracles"
sets <- list(
  fsgs_scr = c(64, 58, 73, 76, 70, 82, 79, 91, 84, 136, 104, 144, 168, 354),
  one = 4.2,
  two = c(3, 8),
  three = c(1.5, 2.5, 9),
  five_ties = c(2, 2, 2, 7, 7),
  thirty = round(rlnorm(30, 1.5, 0.7), 2),
  hundred_ties = rpois(100, 4)
)
input <- do.call(rbind, lapply(names(sets), function(s) data.frame(dataset = s, value = sets[[s]])))
write.csv(input, file.path(here, "quantiles_input.csv"), row.names = FALSE)
probs <- c(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
rows <- list()
for (s in names(sets)) for (type in c(6, 7)) {
  rows[[length(rows) + 1]] <- data.frame(
    dataset = s, type = type, probability = probs,
    value = unname(quantile(sets[[s]], probs, type = type)))
}
write.csv(do.call(rbind, rows), file.path(here, "quantiles.csv"), row.names = FALSE)
means <- list()
for (s in setdiff(names(sets), "one")) for (level in c(0.9, 0.95)) {
  test <- t.test(sets[[s]], conf.level = level)
  means[[length(means) + 1]] <- data.frame(
    dataset = s, conf_level = level, conf_low = test$conf.int[1], conf_high = test$conf.int[2])
}
write.csv(do.call(rbind, means), file.path(here, "quantiles_means.csv"), row.names = FALSE)
