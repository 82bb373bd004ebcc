# Cox models with an exposure that begins during follow-up, on start-stop rows.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/exposure.R
# Data: survival::jasa (Stanford heart transplants; days, half a day added so that none is 0), and invented visits.
suppressMessages(library(survival))
here <- "tests/oracles"
set.seed(20230712)
heart <- data.frame(dataset = "heart", time = jasa$futime + 0.5, event = jasa$fustat, begin = jasa$wait.time)
heart$begin[jasa$transplant == 0] <- NA
n <- 80
visits <- data.frame(dataset = "visits", time = sample(c(3, 6, 9, 12), n, TRUE), event = rbinom(n, 1, 0.6),
                     begin = ifelse(rbinom(n, 1, 0.5) == 1, sample(c(0, 1, 2, 3, 4, 7, 20), n, TRUE), NA))
input <- rbind(heart, visits)
write.csv(input, file.path(here, "exposure_input.csv"), row.names = FALSE, na = "")
fit_one <- function(part) {
  before <- is.na(part$begin) | part$begin >= part$time | part$begin <= 0
  whole <- data.frame(start = 0, stop = part$time, event = part$event,
                      on = as.numeric(!is.na(part$begin) & part$begin <= 0))[before, ]
  split <- part[!before, ]
  rows <- rbind(whole, data.frame(start = 0, stop = split$begin, event = 0, on = 0),
                data.frame(start = split$begin, stop = split$time, event = split$event, on = 1))
  found <- coxph(Surv(start, stop, event) ~ on, rows, ties = "efron")
  data.frame(dataset = part$dataset[1], hazard_ratio = exp(coef(found)), std_error = sqrt(vcov(found)[1]),
             conf_low = exp(confint(found))[1], conf_high = exp(confint(found))[2],
             p_value = summary(found)$coefficients[, "Pr(>|z|)"], log_likelihood = found$loglik[2])
}
rows <- lapply(split(input, input$dataset), fit_one)
result <- do.call(rbind, rows)
result[-1] <- lapply(result[-1], function(x) sprintf("%.12g", x))
write.csv(result, file.path(here, "exposure.csv"), row.names = FALSE, quote = FALSE)
