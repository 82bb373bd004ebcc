# Time survfit + survdiff + landmarks and coxph on the table that benchmarks/remission.py wrote; seconds per line.
# Usage: Rscript benchmarks/remission.R <table.csv> <repeats>
suppressPackageStartupMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], colClasses = c(group = "factor"))
repeats <- as.integer(arguments[2])

median_seconds <- function(work) {
  median(replicate(repeats, {
    start <- proc.time()[["elapsed"]]
    work()
    proc.time()[["elapsed"]] - start
  }))
}

curves <- function(time) {
  surv <- Surv(time, data$event)
  fit <- survfit(surv ~ group, data = data, conf.type = "log-log")
  summary(fit, times = c(3, 6, 9, 12), extend = TRUE)
  survdiff(surv ~ group, data = data)
}
factors <- function() {
  coxph(Surv(days, event) ~ group + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8, data = data, ties = "efron")
}

invisible(curves(data$visit))
cat("visits", median_seconds(function() curves(data$visit)), "\n")
cat("days", median_seconds(function() curves(data$days)), "\n")
cat("cox", median_seconds(factors), "\n")
