# Input of the oracles of models and of stratified and ordered tests: one row per patient of several data sets.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root, first: Rscript tests/oracles/factors_input.R
# veteran: data of that name in the survival package (public). visits: events seen at visits only, many ties.
# separated: nobody of kind "c" has the event. monotone: x1 alone sorts the events. continuous: no ties.
suppressMessages(library(survival))
set.seed(20230712)
trial <- data.frame(
  dataset = "veteran", time = veteran$time, event = veteran$status, group = c("a", "b")[veteran$trt],
  kind = as.character(veteran$celltype), x1 = veteran$karno, x2 = veteran$age, x3 = veteran$diagtime)
random <- function(name, n, grid) {
  part <- data.frame(dataset = name, group = sample(c("a", "b"), n, TRUE), kind = sample(c("a", "b", "c"), n, TRUE),
                     x1 = round(rnorm(n), 3), x2 = round(rexp(n) + 0.2, 3), x3 = round(rnorm(n, 50, 10)))
  hazard <- exp(0.5 * (part$group == "b") + 0.4 * part$x1) / 12
  event <- rexp(n, hazard); last <- if (grid) sample(c(6, 9, 12, 12), n, TRUE) else runif(n, 3, 20)
  if (grid) event <- ceiling(event / 3) * 3
  cbind(part, time = if (grid) pmin(event, last) else round(pmin(event, last), 5), event = as.integer(event <= last))
}
separated <- random("separated", 60, TRUE)
separated$event[separated$kind == "c"] <- 0L
monotone <- random("monotone", 30, FALSE)
monotone <- monotone[order(monotone$time), ]
monotone$x1 <- seq(3, 0.1, length.out = 30)
input <- rbind(trial, random("visits", 120, TRUE)[names(trial)], random("continuous", 80, FALSE)[names(trial)],
               separated[names(trial)], monotone[names(trial)])
write.csv(input, "tests/oracles/factors_input.csv", row.names = FALSE)
