# Kaplan-Meier and Aalen-Johansen curves, medians, and the difference of two curves at one time.
# Made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11. Run from the repository root: Rscript tests/oracles/survival_curves.R
# Input: survival_input.csv (survival_input.R). Times with no event after the last change are kept.
# Aalen-Johansen interval: log-log on 1 - incidence, written out on the standard error of survfit.
suppressMessages({library(survival); library(cmprsk)})
here <- "tests/oracles"
input <- read.csv(file.path(here, "survival_input.csv"))
z <- qnorm(0.975)
loglog <- function(p, se) {
  s <- 1 - p; width <- z * se / abs(s * log(s))
  cbind(1 - s^exp(-width), 1 - s^exp(width))
}
curves <- list(); medians <- list()
for (part in split(input, list(input$dataset, input$group), drop = TRUE)) {
  key <- data.frame(dataset = part$dataset[1], group = part$group[1])
  if (!any(part$competing == 1)) {
    fit <- survfit(Surv(time, event) ~ 1, data = part, conf.type = "log-log")
    s <- summary(fit, censored = TRUE)
    rows <- data.frame(time = s$time, n_risk = s$n.risk, n_event = s$n.event, n_competing = 0, n_censor = s$n.censor,
                       estimate = 1 - s$surv, std_error = s$std.err, conf_low = 1 - s$upper, conf_high = 1 - s$lower,
                       cmprsk = NA, cmprsk_se = NA)
    q <- quantile(fit, 0.5)
    medians[[length(medians) + 1]] <- cbind(key, data.frame(
      estimate = unname(q$quantile), conf_low = unname(q$lower), conf_high = unname(q$upper)))
  } else {
    state <- factor(part$event + 2 * part$competing, 0:2, c("censored", "event", "competing"))
    fit <- survfit(Surv(part$time, state) ~ 1)
    at <- which(fit$states == "event"); other <- which(fit$states == "competing")
    p <- fit$pstate[, at]; se <- fit$std.err[, at]; ci <- loglog(p, se)
    gray <- timepoints(cuminc(part$time, part$event + 2 * part$competing), fit$time)
    rows <- data.frame(time = fit$time, n_risk = fit$n.risk[, 1], n_event = fit$n.event[, at],
                       n_competing = fit$n.event[, other], n_censor = rowSums(cbind(fit$n.censor)),
                       estimate = p, std_error = se, conf_low = ci[, 1], conf_high = ci[, 2],
                       cmprsk = gray$est["1 1", ], cmprsk_se = sqrt(gray$var["1 1", ]))
  }
  curves[[length(curves) + 1]] <- cbind(key, rows)
}
write.csv(do.call(rbind, curves), file.path(here, "survival_curves.csv"), row.names = FALSE)
write.csv(do.call(rbind, medians), file.path(here, "survival_medians.csv"), row.names = FALSE)

# Difference of cumulative incidence, MOVER (Zou and Donner 2008) on the log-log limits.
value <- function(name, who, t) {
  part <- input[input$dataset == name & input$group == who, ]
  s <- summary(survfit(Surv(time, event) ~ 1, data = part, conf.type = "log-log"), times = t)
  c(1 - s$surv, 1 - s$upper, 1 - s$lower)
}
differences <- list()
for (case in list(list("imn_e1", "RTX+TAC", "RTX"), list("imn_e2", "RTX+TAC", "RTX"), list("ties", "a", "b")))
  for (t in c(6, 9, 12)) {
    a <- value(case[[1]], case[[2]], t); b <- value(case[[1]], case[[3]], t); d <- a[1] - b[1]
    differences[[length(differences) + 1]] <- data.frame(
      dataset = case[[1]], group = case[[2]], reference_group = case[[3]], time = t, estimate = d,
      conf_low = d - sqrt((a[1] - a[2])^2 + (b[3] - b[1])^2), conf_high = d + sqrt((a[3] - a[1])^2 + (b[1] - b[2])^2))
  }
write.csv(do.call(rbind, differences), file.path(here, "survival_differences.csv"), row.names = FALSE)
