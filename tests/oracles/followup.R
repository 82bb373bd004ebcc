# Median follow-up by reverse Kaplan-Meier: the end of observation is the event, death is censoring.
# Made with R 4.2.2 and survival 3.5-3. Run from the repository root: Rscript tests/oracles/followup.R
library(survival)
here <- "tests/oracles"
sets <- list(
  nobody_died = list(months = c(12, 13, 13, 15, 18, 24, 30), died = rep(0, 7)),
  ties_with_deaths = list(months = c(3, 6, 6, 6, 9, 12, 12, 12, 18, 24), died = c(1, 0, 1, 0, 1, 0, 0, 1, 0, 0)),
  early_deaths = list(months = c(1, 2, 3, 24, 30, 36), died = c(1, 1, 1, 0, 0, 0)),
  two_patients = list(months = c(5, 20), died = c(0, 0)))
rows <- lapply(names(sets), function(name) {
  set <- sets[[name]]
  fit <- survfit(Surv(set$months, 1 - set$died) ~ 1, conf.type = "log-log")
  found <- quantile(fit, 0.5)
  data.frame(set = name, months = set$months, died = set$died,
             median = found$quantile[[1]], low = found$lower[[1]], high = found$upper[[1]])
})
write.csv(do.call(rbind, rows), file.path(here, "followup.csv"), row.names = FALSE, na = "")
