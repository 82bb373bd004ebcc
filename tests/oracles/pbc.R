# Death with transplantation (status 1) competing in the randomised patients of pbc: curves, tests, ratios, mean months.
# Made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11. Run from the repository root: Rscript tests/oracles/pbc.R
# Input: survival::pbc (Mayo Clinic, Therneau and Grambsch 2000), months = days / 30.4375; trt 1 D-penicillamine.
suppressMessages({library(survival); library(cmprsk)})
here <- "tests/oracles"
pbc <- pbc[!is.na(pbc$trt), ]
pbc$months <- pbc$time / 30.4375
pbc$group <- ifelse(pbc$trt == 1, "D-penicillamine", "Placebo")
input <- data.frame(patient_id = sprintf("P%03d", pbc$id), group = pbc$group, day = pbc$time, status = pbc$status)
write.csv(input, file.path(here, "pbc_input.csv"), row.names = FALSE, quote = FALSE)
at <- c(24, 48, 72, 96, 120)
rows <- list()
add <- function(what, group, time, value)
  rows[[length(rows) + 1]] <<- data.frame(what = what, group = group, time = time, value = sprintf("%.12g", value))
state <- factor(pbc$status, 0:2, c("censored", "transplant", "death"))
for (g in unique(pbc$group)) {
  inside <- pbc$group == g
  fit <- survfit(Surv(pbc$months[inside], state[inside]) ~ 1)
  read <- summary(fit, times = at, extend = TRUE)
  add("incidence", g, at, read$pstate[, fit$states == "death"])
  add("std_error", g, at, read$std.err[, fit$states == "death"])
  add("at_risk", g, at, sapply(at, function(t) sum(pbc$months[inside] >= t)))
  add("transplants_before", g, at, sapply(at, function(t) sum(pbc$months[inside] < t & pbc$status[inside] == 1)))
  naive <- summary(survfit(Surv(pbc$months[inside], pbc$status[inside] == 2) ~ 1), times = at, extend = TRUE)
  add("naive", g, at, 1 - naive$surv)
  mean_dead <- summary(fit, rmean = 120)$table["death", "rmean"]
  add("months_without", g, 120, 120 - mean_dead)
  fit <- survfit(Surv(pbc$months[inside], state[inside]) ~ 1, influence = TRUE)  # infinitesimal jackknife of the area
  last <- fit$time < 120  # the influence has a row for time 0 in front
  width <- diff(c(fit$time[last], 120))
  moved <- fit$influence.pstate[, which(last) + 1, which(fit$states == "death")] %*% width
  add("months_std_error", g, 120, sqrt(sum(moved^2)))
}
found <- cuminc(pbc$months, pbc$status, pbc$group)
for (g in unique(pbc$group)) add("cmprsk", g, at, timepoints(found, at)$est[paste(g, 2), ])
add("gray", "", NA, found$Tests["2", "stat"])
add("gray_p", "", NA, found$Tests["2", "pv"])
log_rank <- survdiff(Surv(months, status == 2) ~ group, pbc)
add("log_rank", "", NA, log_rank$chisq)
add("peto_peto", "", NA, survdiff(Surv(months, status == 2) ~ group, pbc, rho = 1)$chisq)
pbc$treated <- as.numeric(pbc$trt == 1)
cox <- coxph(Surv(months, status == 2) ~ treated, pbc)
add("hazard_ratio", "", NA, exp(coef(cox)))
add("conf_low", "", NA, exp(confint(cox))[1])
add("conf_high", "", NA, exp(confint(cox))[2])
add("proportional", "", NA, cox.zph(cox)$table["GLOBAL", "chisq"])
write.csv(do.call(rbind, rows), file.path(here, "pbc.csv"), row.names = FALSE, quote = FALSE)
