# Restricted mean time without the event, and its standard error, without and with competing events.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/restricted_mean.R
# Input: survival_input.csv (survival_input.R). With competing events: horizon less the time in the event state.
suppressMessages(library(survival))
here <- "tests/oracles"
input <- read.csv(file.path(here, "survival_input.csv"))
rows <- list()
for (part in split(input, list(input$dataset, input$group), drop = TRUE)) for (tau in c(4, 9, 12)) {
  if (tau > max(part$time) || tau <= min(part$time)) next
  if (any(part$competing == 1)) {
    part$state <- factor(ifelse(part$event == 1, 1, ifelse(part$competing == 1, 2, 0)), 0:2, c("none", "event", "other"))
    fit <- survfit(Surv(time, state) ~ 1, part, influence = TRUE)
    width <- diff(c(pmin(fit$time, tau), tau))  # how long each step of the curve lasts before the horizon
    event <- match("event", fit$states)
    each <- drop(fit$influence.pstate[, -1, event] %*% width)  # influence of each patient (infinitesimal jackknife)
    value <- c(tau - sum(fit$pstate[, event] * width), sqrt(sum(each^2)))
  } else {
    found <- summary(survfit(Surv(time, event) ~ 1, part), rmean = tau)$table
    value <- found[grep("rmean", names(found))]
  }
  rows[[length(rows) + 1]] <- data.frame(dataset = part$dataset[1], group = part$group[1], horizon = tau,
                                         estimate = value[[1]], std_error = value[[2]])
}
write.csv(do.call(rbind, rows), file.path(here, "restricted_mean.csv"), row.names = FALSE)
