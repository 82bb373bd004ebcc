# Numbers of the remission page recomputed from the sample files alone: rule P1_2023 written anew, then R's own methods.
# Made with R 4.2.2, survival 3.5-3. Run from the repository root: Rscript tests/oracles/page_numbers.R
suppressMessages(library(survival))
read_sample <- function(study, table) read.csv(file.path("sample_data", study, paste0(table, ".csv")), comment.char = "#")
rows <- list()
add <- function(sample, what, group, value)
  rows[[length(rows) + 1]] <<- data.frame(sample = sample, what = what, group = group, value = sprintf("%.12g", value))

# ---- membranous nephropathy: completers, planned visits, complete and first remission
patients <- read_sample("SYN-IMN-91", "patients")
left <- !is.na(patients$withdrawal_reason) & !patients$withdrawal_reason %in% c("", "none")
patients <- patients[patients$eligible == "yes" & !left, ]
visits <- read_sample("SYN-IMN-91", "visits")
visits <- visits[visits$patient_id %in% patients$patient_id & !is.na(visits$month), ]
base <- visits[visits$month == 0, ]
at <- match(visits$patient_id, base$patient_id)
status <- function(protein) {
  stable <- visits$scr_umol_l < 1.5 * base$scr_umol_l[at]
  complete <- protein < 0.3 & visits$albumin_g_l >= 35 & visits$egfr >= 60 & stable
  fall <- protein <= 0.5 * base$proteinuria_g_24h[at]
  partial <- ((protein >= 0.3 & protein <= 3.5) | fall) & visits$albumin_g_l >= 30 & stable
  ifelse(complete, "CR", ifelse(partial, "PR", "NR"))
}
best_case <- status(ifelse(is.na(visits$proteinuria_g_24h), 0, visits$proteinuria_g_24h))
worst_case <- status(ifelse(is.na(visits$proteinuria_g_24h), 60, visits$proteinuria_g_24h))
visits$status <- ifelse(best_case == worst_case, best_case, "NE")  # unknown protein: known only where it cannot matter
after <- visits[visits$month > 0, ]
follow <- function(wanted) do.call(rbind, lapply(patients$patient_id, function(id) {
  own <- after[after$patient_id == id & after$status != "NE", ]
  own <- own[order(own$month), ]
  reached <- own$month[own$status %in% wanted]
  data.frame(time = if (length(reached)) reached[1] else max(c(0, own$month)), event = length(reached) > 0)
}))
for (endpoint in c("complete", "first")) {
  data <- cbind(group = patients$regimen_group, follow(if (endpoint == "complete") "CR" else c("CR", "PR")))
  data$treated <- as.numeric(data$group == "RTX+TAC")
  fits <- list()
  for (g in c("RTX+TAC", "RTX")) {
    fit <- survfit(Surv(time, event) ~ 1, data[data$group == g, ], conf.type = "log-log")
    read <- summary(fit, times = 12)
    fits[[g]] <- c(p = 1 - read$surv, low = 1 - read$upper, high = 1 - read$lower)
    add("imn", paste(endpoint, "incidence"), g, fits[[g]]["p"])
    add("imn", paste(endpoint, "low"), g, fits[[g]]["low"])
    add("imn", paste(endpoint, "high"), g, fits[[g]]["high"])
    add("imn", paste(endpoint, "mean"), g, summary(fit, rmean = 12)$table["rmean"])
  }
  a <- fits[["RTX+TAC"]]; b <- fits[["RTX"]]
  add("imn", paste(endpoint, "difference"), "RTX+TAC", a["p"] - b["p"])
  add("imn", paste(endpoint, "difference low"), "RTX+TAC", a["p"] - b["p"] - sqrt((a["p"] - a["low"])^2 + (b["high"] - b["p"])^2))
  add("imn", paste(endpoint, "difference high"), "RTX+TAC", a["p"] - b["p"] + sqrt((a["high"] - a["p"])^2 + (b["p"] - b["low"])^2))
  add("imn", paste(endpoint, "needed"), "RTX+TAC", 1 / (a["p"] - b["p"]))
  add("imn", paste(endpoint, "log-rank"), "", survdiff(Surv(time, event) ~ group, data)$chisq)
  cox <- coxph(Surv(time, event) ~ treated, data)
  add("imn", paste(endpoint, "ratio"), "RTX+TAC", exp(coef(cox)))
  add("imn", paste(endpoint, "ratio low"), "RTX+TAC", exp(confint(cox))[1])
  add("imn", paste(endpoint, "proportional"), "", cox.zph(cox)$table["GLOBAL", "p"])
  long <- do.call(rbind, lapply(seq_len(nrow(data)), function(i) {
    seen <- c(3, 6, 9, 12)[c(3, 6, 9, 12) <= data$time[i]]
    if (!length(seen)) return(NULL)
    data.frame(visit = seen, treated = data$treated[i], event = data$event[i] & seen == data$time[i])
  }))
  keep <- long$visit %in% names(which(tapply(long$event, long$visit, sum) > 0))
  grouped <- glm(event ~ factor(visit) + treated, binomial("cloglog"), long[keep, ], epsilon = 1e-12)
  add("imn", paste(endpoint, "grouped ratio"), "RTX+TAC", exp(coef(grouped)["treated"]))
}
for (g in c("RTX+TAC", "RTX")) for (s in c("CR", "PR", "NR")) {
  ids <- patients$patient_id[patients$regimen_group == g]
  add("imn", paste("month 12", s), g, sum(after$month == 12 & after$status == s & after$patient_id %in% ids))
}

# ---- focal segmental glomerulosclerosis: relapse, steroids, B cells
design <- read_sample("SYN-FSGS-14", "patients")
months <- sum(design$followup_months)
rate <- poisson.test(1, months / 12)  # one relapse in the published design
add("fsgs", "relapse rate", "", rate$estimate)
add("fsgs", "relapse high", "", rate$conf.int[2])
labs <- read_sample("SYN-FSGS-14", "visits")
six <- labs[!is.na(labs$month) & labs$month == 6 & !is.na(labs$prednisone_eq_mg_d), ]
free <- binom.test(sum(six$prednisone_eq_mg_d == 0), nrow(six))
add("fsgs", "off steroids", "", free$estimate)
add("fsgs", "off steroids low", "", free$conf.int[1])
add("fsgs", "depletion median", "", quantile(design$bcell_depletion_day, 0.5, type = 6, na.rm = TRUE))
add("fsgs", "reconstitution q3", "", quantile(design$bcell_reconstitution_day, 0.75, type = 6, na.rm = TRUE))
result <- do.call(rbind, rows)
write.csv(result, "tests/oracles/page_numbers.csv", row.names = FALSE, quote = FALSE)
