# Cox, grouped and Firth models: coefficients, tests of proportional hazards, concordance.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/factors.R
# Input: survival_input.csv (survival_input.R), factors_input.csv (factors_input.R). Firth's penalised likelihood is
# built from coxph at fixed coefficients (log-likelihood, information) and maximised by optim; limits by uniroot.
suppressMessages(library(survival))
here <- "tests/oracles"
columns <- c("dataset", "time", "event", "group", "kind", "x1", "x2", "x3")
imn <- read.csv(file.path(here, "survival_input.csv"))
imn <- imn[imn$dataset %in% c("imn_e1", "imn_e2"), ]
imn[c("kind", "x1", "x2", "x3")] <- NA
input <- rbind(read.csv(file.path(here, "factors_input.csv"))[columns], imn[columns])
formulas <- list(
  veteran = ~ group + kind + I(x1 / 10) + log2(x2) + x3, visits = ~ group + kind + x1 + log2(x2) + x3,
  continuous = ~ group + x1 + x3, imn_e1 = ~ group, imn_e2 = ~ group)
terms <- fits <- checks <- list()
add <- function(dataset, model, term, b, se, low, high, p) terms[[length(terms) + 1]] <<- data.frame(
  dataset = dataset, model = model, term = term, estimate = b, std_error = se, conf_low = low, conf_high = high, p_value = p)
whole <- function(dataset, model, loglik, null, concordance = NA, se = NA) fits[[length(fits) + 1]] <<- data.frame(
  dataset = dataset, model = model, log_likelihood = loglik, null_value = null, concordance = concordance, concordance_se = se)
strict <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
for (name in names(formulas)) {
  part <- input[input$dataset == name, ]
  fit <- coxph(update(formulas[[name]], Surv(time, event) ~ .), part, ties = "efron", control = strict)
  s <- summary(fit)
  add(name, "cox", names(coef(fit)), coef(fit), s$coefficients[, "se(coef)"], s$conf.int[, "lower .95"],
      s$conf.int[, "upper .95"], s$coefficients[, "Pr(>|z|)"])
  whole(name, "cox", fit$loglik[2], fit$loglik[1], s$concordance[[1]], s$concordance[[2]])
  z <- cox.zph(fit)$table
  checks[[length(checks) + 1]] <- data.frame(dataset = name, variable = rownames(z), statistic = z[, "chisq"], df = z[, "df"], p_value = z[, "p"])
}
expand <- function(part) do.call(rbind, lapply(seq_len(nrow(part)), function(i) {
  seen <- seq(3, part$time[i], by = 3)
  cbind(part[rep(i, length(seen)), ], visit = seen, y = as.integer(part$event[i] == 1 & seen == part$time[i]))
}))
tight <- glm.control(epsilon = 1e-15, maxit = 200)
for (name in c("visits", "imn_e1", "imn_e2")) {
  long <- expand(input[input$dataset == name, ])
  long <- long[long$visit %in% names(which(tapply(long$y, long$visit, sum) > 0)), ]
  fit <- glm(update(formulas[[name]], y ~ 0 + factor(visit) + .), binomial("cloglog"), long, control = tight)
  for (again in 1:30) fit <- update(fit, start = coef(fit))  # glm stops when the deviance does, too early for 1e-8
  null <- glm(y ~ 0 + factor(visit), binomial("cloglog"), long, control = tight)
  s <- summary(fit)$coefficients; s <- s[!grepl("visit", rownames(s)), , drop = FALSE]
  width <- qnorm(0.975) * s[, 2]
  add(name, "grouped", rownames(s), s[, 1], s[, 2], exp(s[, 1] - width), exp(s[, 1] + width), s[, 4])
  whole(name, "grouped", c(logLik(fit)), c(logLik(null)))
  if (name == "visits") {
    more <- update(fit, . ~ . + group:kind, start = NULL)
    whole(name, "grouped group:kind", c(logLik(more)), c(logLik(fit)))
  }
}
firth <- function(name, formula) {
  part <- input[input$dataset == name, ]
  formula <- update(formula, Surv(time, event) ~ .)
  x <- model.matrix(formula, part)[, -1, drop = FALSE]; y <- Surv(part$time, part$event)
  penalised <- function(b) {
    fit <- suppressWarnings(coxph(y ~ x, init = b, ties = "efron", control = coxph.control(iter.max = 0)))
    fit$loglik[2] - log(det(vcov(fit))) / 2
  }
  best <- function(fixed = NULL, value = NULL, start) {
    free <- setdiff(seq_len(ncol(x)), fixed)
    full <- function(b) { out <- numeric(ncol(x)); out[free] <- b; out[fixed] <- value; out }
    if (!length(free)) return(list(par = full(numeric()), value = penalised(full(numeric()))))
    slope <- function(b) sapply(seq_along(b), function(j) {  # five points
      h <- replace(numeric(length(b)), j, 1e-3)
      f <- function(k) penalised(full(b + k * h)); (8 * (f(1) - f(-1)) - f(2) + f(-2)) / 12e-3 })
    found <- optim(start[free], function(b) -penalised(full(b)), function(b) -slope(b), method = "BFGS",
                   control = list(reltol = 1e-16, maxit = 500))
    list(par = full(found$par), value = -found$value)
  }
  top <- best(start = numeric(ncol(x)))
  fit <- suppressWarnings(coxph(y ~ x, init = top$par, control = coxph.control(iter.max = 0)))
  for (j in seq_len(ncol(x))) {
    fall <- function(v) top$value - best(j, v, top$par)$value - qchisq(0.95, 1) / 2
    se <- sqrt(vcov(fit)[j, j])
    edge <- function(side) { far <- top$par[j] + side * 2 * se; while (fall(far) < 0) far <- far + side * se
      uniroot(fall, sort(c(top$par[j], far)), tol = 1e-9)$root }
    p <- pchisq(2 * (top$value - best(j, 0, top$par)$value), 1, lower.tail = FALSE)
    add(name, "firth", colnames(x)[j], top$par[j], se, exp(edge(-1)), exp(edge(1)), p)
  }
  whole(name, "firth", top$value, penalised(numeric(ncol(x))))
}
firth("separated", ~ group + kind)
firth("monotone", ~ x1)
firth("imn_e1", ~ group)
firth("continuous", ~ group + x1)
save <- function(rows, name) write.csv(do.call(rbind, rows), file.path(here, name), row.names = FALSE)
save(terms, "factors_terms.csv"); save(fits, "factors_fits.csv"); save(checks, "factors_checks.csv")
