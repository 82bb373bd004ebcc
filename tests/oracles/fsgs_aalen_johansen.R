# Aalen-Johansen estimate at month 6 of the FSGS sample on actual days, from the published sample design.
# R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/fsgs_aalen_johansen.R
# The three patients in complete remission before treatment count at their first visit (the design's rem_day);
# who is in partial remission is followed for complete remission to the last visit; kidney failure competes.
suppressMessages(library(survival))
design <- read.csv("sample_data/designs/sample_design_fsgs.csv")
visits <- read.csv("sample_data/SYN-FSGS-14/visits.csv", comment.char = "#")
visits <- visits[!is.na(visits$upcr_g_g) & visits$day > 0, ]
last <- tapply(visits$day, sub("SYN-", "", visits$patient_id), max)
end <- 183
rows <- lapply(c("complete_remission", "first_remission"), function(endpoint) {
  reached <- design$best == "CR" | (endpoint == "first_remission" & design$best == "PR")
  day <- ifelse(reached, design$rem_day, NA)
  event <- reached & day <= end
  failed <- !event & !is.na(design$esrd_month) & design$esrd_month * 30.4375 <= end
  time <- ifelse(event, day, ifelse(failed, ceiling(design$esrd_month * 30.4375), pmin(last[design$id], end)))
  state <- factor(ifelse(event, 1, ifelse(failed, 2, 0)), 0:2, c("censored", "remission", "failure"))
  fit <- survfit(Surv(time, state) ~ 1)
  at <- summary(fit, times = end, extend = TRUE)
  data.frame(endpoint = endpoint, estimate = at$pstate[, which(fit$states == "remission")], n = nrow(design))
})
write.csv(do.call(rbind, rows), "tests/oracles/fsgs_aalen_johansen.csv", row.names = FALSE, quote = FALSE)
