# Recurrent adverse events: Andersen-Gill model with robust variance, Efron ties, days in whole numbers.
# Made with R 4.2.2 (survival 3.5-3). Run from the repository root: Rscript tests/oracles/andersen_gill.R
# A patient is at risk on every day from first to last of each stretch; day 0 counts, so Surv starts at first - 1.
library(survival)
here <- "tests/oracles"
set.seed(20230712)
n <- 60
patients <- data.frame(patient = 0:(n - 1), group = rep(c(1, 0), c(24, 36)))
last <- sample(60:540, n, replace = TRUE)
stretches <- data.frame(patient = patients$patient, first = 0, last = last)
again <- which(patients$patient %% 7 == 3)                    # some patients are observed in two stretches
middle <- floor(stretches$last[again] / 2)
second <- data.frame(patient = patients$patient[again], first = middle + 20, last = stretches$last[again])
stretches$last[again] <- middle
stretches <- rbind(stretches, second[second$first <= second$last, ])
late <- which(patients$patient %% 11 == 5); stretches$first[late] <- 30   # and some from day 30 on
frailty <- rgamma(n, 1.2, 1.2)
events <- do.call(rbind, lapply(seq_len(n), function(i) {
  mine <- stretches[stretches$patient == i - 1, ]
  days <- unlist(Map(function(a, b) if (b >= a) a:b else integer(0), mine$first, mine$last))
  hit <- days[runif(length(days)) < 0.004 * frailty[i] * exp(-0.5 * patients$group[i])]
  if (0 %in% days && runif(1) < 0.15) hit <- unique(c(0, hit))            # infusion reactions: ties on day 0
  if (length(hit)) data.frame(patient = i - 1, day = hit) else NULL
}))
pieces <- do.call(rbind, lapply(seq_len(nrow(stretches)), function(i) {
  s <- stretches[i, ]; days <- sort(events$day[events$patient == s$patient & events$day >= s$first & events$day <= s$last])
  stop <- c(days, if (!length(days) || tail(days, 1) < s$last) s$last)
  data.frame(patient = s$patient, start = c(s$first - 1, head(stop, -1)), stop = stop, status = stop %in% days)
}))
pieces <- merge(pieces, patients)
found <- do.call(rbind, lapply(c("all", "once", "few"), function(name) {
  data <- switch(name, all = pieces, once = pieces[pieces$patient %% 2 == 0, ], few = pieces[pieces$patient %% 5 == 1, ])
  fit <- coxph(Surv(start, stop, status) ~ group, data = data, cluster = patient, ties = "efron",
               control = coxph.control(eps = 1e-11, toler.chol = 1e-12, iter.max = 100))
  data.frame(case = name, n_events = sum(data$status), ratio = exp(coef(fit)), std_error = sqrt(fit$var[1, 1]),
             naive = sqrt(fit$naive.var[1, 1]), conf_low = exp(confint(fit))[1], conf_high = exp(confint(fit))[2])
}))
write.csv(patients, file.path(here, "andersen_gill_patients.csv"), row.names = FALSE)
write.csv(stretches, file.path(here, "andersen_gill_stretches.csv"), row.names = FALSE)
write.csv(events, file.path(here, "andersen_gill_events.csv"), row.names = FALSE)
write.csv(found, file.path(here, "andersen_gill.csv"), row.names = FALSE)
