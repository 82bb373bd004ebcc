# Kaplan-Meier and Aalen-Johansen curves of patients who come under observation after time 0 (left truncation).
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/delayed_entry.R
# Input: delayed_entry_input.csv, invented here. Times of single patients are days / 30.4375 in "days", whole months in "ties".
# Aalen-Johansen: survfit of a multi-state Surv; its standard error is the infinitesimal jackknife.
suppressMessages(library(survival))
set.seed(20230712)
here <- "tests/oracles"
made <- function(name, n, step, competing) {
  entry <- round(rexp(n, 1 / 5) / step) * step
  entry[sample(n, n %/% 4)] <- 0
  time <- entry + pmax(step, round(rexp(n, 1 / 8) / step) * step)
  code <- sample(0:(1 + competing), n, replace = TRUE, prob = c(0.4, 0.45, 0.15)[seq_len(2 + competing)])
  # nobody leaves while fewer than 6 are under observation, so that no curve stops early
  at_risk <- sapply(time, function(t) sum(entry < t & time >= t))
  code[at_risk < 6 & time < max(entry)] <- 0
  data.frame(dataset = name, entry = entry, time = time, event = as.integer(code == 1), competing = as.integer(code == 2))
}
input <- rbind(made("days", 60, 1 / 30.4375, 0), made("ties", 80, 1, 0), made("competing", 90, 1, 1))
write.csv(input, file.path(here, "delayed_entry_input.csv"), row.names = FALSE)
curves <- list()
for (part in split(input, input$dataset)) {
  if (!any(part$competing == 1)) {
    s <- summary(survfit(Surv(entry, time, event) ~ 1, data = part, conf.type = "log-log"), censored = TRUE)
    rows <- data.frame(time = s$time, n_risk = s$n.risk, n_event = s$n.event, estimate = 1 - s$surv,
                       std_error = s$std.err, conf_low = 1 - s$upper, conf_high = 1 - s$lower)
  } else {
    state <- factor(part$event + 2 * part$competing, 0:2, c("censored", "event", "competing"))
    fit <- survfit(Surv(entry, time, state) ~ 1, data = transform(part, state = state), id = seq_len(nrow(part)))
    at <- which(fit$states == "event")
    rows <- data.frame(time = fit$time, n_risk = fit$n.risk[, 1],
                       n_event = fit$n.event[, at], estimate = fit$pstate[, at],
                       std_error = fit$std.err[, at], conf_low = NA, conf_high = NA)
  }
  curves[[part$dataset[1]]] <- cbind(dataset = part$dataset[1], rows)
}
write.csv(do.call(rbind, curves), file.path(here, "delayed_entry.csv"), row.names = FALSE)
