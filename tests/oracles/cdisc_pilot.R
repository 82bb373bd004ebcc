# Demographics of the CDISC pilot study by planned treatment, as its published Table 14-2.01 tests them.
# Made with R 4.2.2 (package stats 4.2.2). Run from the repository root: Rscript tests/oracles/cdisc_pilot.R
# Input: cdisc_pilot_input.csv, columns TRT01P, AGE, SEX, WEIGHTBL and BMIBL of the rows with ITTFL = Y
# of adsl.xpt of the CDISC SDTM/ADaM pilot project (public), read with pyreadstat 1.3.7.
here <- "tests/oracles"
d <- read.csv(file.path(here, "cdisc_pilot_input.csv"))
d$arm <- factor(d$TRT01P, levels = c("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"))
rows <- lapply(c("AGE", "WEIGHTBL", "BMIBL"), function(v) {
  f <- oneway.test(d[[v]] ~ d$arm, var.equal = TRUE)
  w <- oneway.test(d[[v]] ~ d$arm)
  k <- kruskal.test(d[[v]], d$arm)
  data.frame(variable = v, test = c("anova", "welch_anova", "kruskal"), n = sum(!is.na(d[[v]])),
             statistic = c(f$statistic, w$statistic, k$statistic), p_value = c(f$p.value, w$p.value, k$p.value))
})
sex <- chisq.test(table(d$SEX, d$arm), correct = FALSE)
rows <- c(rows, list(data.frame(variable = "SEX", test = "pearson", n = nrow(d),
                                statistic = unname(sex$statistic), p_value = sex$p.value)))
# Published P values, to their four decimals.
published <- c(AGE = 0.5934, SEX = 0.1409, WEIGHTBL = 0.0030, BMIBL = 0.0133)
out <- do.call(rbind, rows)
out$published_p <- ifelse(out$test %in% c("anova", "pearson"), published[out$variable], NA)
write.csv(out, file.path(here, "cdisc_pilot.csv"), row.names = FALSE)
