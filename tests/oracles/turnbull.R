# Turnbull's estimate by maximising the interval likelihood over every cell between two distinct bounds.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/turnbull.R
# Writes its input too. survfit: R's own estimate (its search stops at 5e-5).
suppressMessages(library(survival))
set.seed(20230712)
here <- "tests/oracles"
skeleton <- read.csv(file.path(here, "imn_skeleton.csv"))
visits <- function(name, arm) { part <- skeleton[skeleton$arm == arm, ]
  data.frame(dataset = name, low = ifelse(is.na(part$t_cr), part$last_eval, part$t_cr - 3), high = ifelse(is.na(part$t_cr), Inf, part$t_cr)) }
skipped <- function(name, n, grid) {
  event <- rexp(n, 0.12)
  t(sapply(event, function(e) { seen <- sort(sample(grid, sample(2:5, 1))); c(max(0, seen[seen < e]), min(Inf, seen[seen >= e])) })) |>
    as.data.frame() |> setNames(c("low", "high")) |> cbind(dataset = name) }
mixed <- skipped("mixed", 40, 1:14); mixed$low[1:6] <- mixed$high[1:6] <- c(2, 3, 3, 5, 7, 9)
input <- rbind(visits("tac", "RTX+TAC"), visits("rtx", "RTX"), skipped("skipped", 60, c(3, 6, 9, 12, 15))[c("dataset", "low", "high")],
               mixed[c("dataset", "low", "high")])
write.csv(input, file.path(here, "turnbull_input.csv"), row.names = FALSE)
rows <- list()
for (part in split(input, input$dataset)) {
  bounds <- sort(unique(c(0, part$low, part$high)))
  exact <- unique(part$high[part$low == part$high])
  low <- c(head(bounds, -1), exact); high <- c(bounds[-1], exact)  # cells (low, high] and exact times
  point <- rep(c(FALSE, TRUE), c(length(bounds) - 1, length(exact)))
  # a cell (a, b] stands for the open interior and b: if b is an exact time, its point is a cell of its own
  covers <- matrix(0, nrow(part), length(low))
  for (i in seq_len(nrow(part))) for (j in seq_along(low)) covers[i, j] <- as.numeric(
    if (part$low[i] == part$high[i]) point[j] && high[j] == part$high[i]
    else if (point[j]) high[j] > part$low[i] && high[j] <= part$high[i]
    else low[j] >= part$low[i] && high[j] <= part$high[i])
  p <- rep(1 / length(low), length(low))
  for (step in 1:200000) { new <- p * colMeans(covers / drop(covers %*% p)); if (max(abs(new - p)) < 1e-14) break; p <- new }
  own <- survfit(Surv(low, ifelse(is.infinite(high), NA, high), type = "interval2") ~ 1, part)
  for (t in bounds[is.finite(bounds) & bounds > 0]) rows[[length(rows) + 1]] <- data.frame(
    dataset = part$dataset[1], time = t, estimate = sum(p[high <= t]),
    log_likelihood = sum(log(covers %*% p)), survfit = 1 - min(1, own$surv[own$time <= t]))
}
write.csv(do.call(rbind, rows), file.path(here, "turnbull.csv"), row.names = FALSE)
