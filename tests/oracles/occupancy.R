# Occupancy of states at visits: the Aalen-Johansen estimate of the multi-state survfit, and months in state.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/occupancy.R
# Writes its input too: 80 patients moving between active, PR and CR at visits, some leaving for good.
suppressMessages(library(survival))
set.seed(20230712)
here <- "tests/oracles"
moves <- rbind(c(0.6, 0.3, 0.1), c(0.2, 0.5, 0.3), c(0.05, 0.15, 0.8))
states <- c("active", "PR", "CR")
input <- do.call(rbind, lapply(1:80, function(i) {
  last <- sample(c(0, 3, 6, 9, 12), 1, prob = c(1, 1, 2, 2, 10)); now <- sample(1:3, 1, prob = c(8, 2, 1)); course <- now
  for (t in seq_len(last / 3)) { now <- sample(1:3, 1, prob = moves[now, ]); course <- c(course, now) }
  data.frame(patient_id = sprintf("P%02d", i), group = c("a", "b")[1 + i %% 2], time = seq(0, last, 3), state = states[course]) }))
write.csv(input, file.path(here, "occupancy_input.csv"), row.names = FALSE)
rows <- list()
for (g in c("a", "b")) {
  part <- input[input$group == g, ]
  steps <- do.call(rbind, lapply(split(part, part$patient_id), function(p) { k <- nrow(p)
    if (k < 2) return(NULL)
    data.frame(id = p$patient_id[1], from = p$state[-k], t1 = p$time[-k], t2 = p$time[-1], to = p$state[-1]) }))
  # survfit wants a change at each event: staying is censoring, and states are weighed in at time 0 by everyone
  steps$to <- factor(ifelse(steps$to == steps$from, "stay", steps$to), c("stay", states))
  p0 <- prop.table(table(factor(part$state[part$time == 0], states)))
  fit <- survfit(Surv(t1, t2, to) ~ 1, steps, id = id, istate = factor(from, states), p0 = as.numeric(p0))
  at <- summary(fit, times = c(0, 3, 6, 9, 12), extend = TRUE)
  months <- summary(fit, rmean = 12)$table[states, "rmean"]
  for (s in states) rows[[length(rows) + 1]] <- data.frame(group = g, state = s, time = at$time,
    estimate = at$pstate[, match(s, fit$states)], months = months[[match(s, states)]])
}
write.csv(do.call(rbind, rows), file.path(here, "occupancy.csv"), row.names = FALSE)
