# Log-rank test of two and of three groups; competing events count as censoring (cause-specific).
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/logrank.R
# Input: survival_input.csv (survival_input.R).
suppressMessages(library(survival))
here <- "tests/oracles"
input <- read.csv(file.path(here, "survival_input.csv"))
rows <- list()
for (part in split(input, input$dataset)) {
  if (length(unique(part$group)) < 2) next
  test <- survdiff(Surv(time, event) ~ group, data = part, rho = 0)
  df <- sum(test$exp > 0) - 1
  rows[[length(rows) + 1]] <- data.frame(
    dataset = part$dataset[1], statistic = test$chisq, df = df, p_value = pchisq(test$chisq, df, lower.tail = FALSE))
}
write.csv(do.call(rbind, rows), file.path(here, "logrank.csv"), row.names = FALSE)
