# CKD-EPI creatinine equations, written out from the published tables and not from our code.
# 2009: Levey et al., Ann Intern Med 2009;150:604, Table 2 (eight branches, no race term).
# 2021: Inker et al., N Engl J Med 2021;385:1737, Table S10 (min/max form).
# Creatinine is turned into mg/dL with the molar mass of creatinine, 113.118 g/mol.
# Made with R 4.2.2, base only. Run from the repository root: Rscript tests/oracles/egfr.R
grid <- expand.grid(scr_umol_l = c(40, 61.88, 62, 79.56, 80, 120, 354, 620), age_years = c(18, 45.5, 80),
                    female = c(TRUE, FALSE))
mgdl <- grid$scr_umol_l * 113.118 / 1e4
levey <- function(scr, age, female) {
  if (female && scr <= 0.7) return(144 * (scr / 0.7)^-0.329 * 0.993^age)
  if (female) return(144 * (scr / 0.7)^-1.209 * 0.993^age)
  if (scr <= 0.9) return(141 * (scr / 0.9)^-0.411 * 0.993^age)
  141 * (scr / 0.9)^-1.209 * 0.993^age
}
inker <- function(scr, age, female) {
  k <- ifelse(female, 0.7, 0.9)
  a <- ifelse(female, -0.241, -0.302)
  142 * pmin(scr / k, 1)^a * pmax(scr / k, 1)^-1.200 * 0.9938^age * ifelse(female, 1.012, 1)
}
grid$ckd_epi_2009 <- mapply(levey, mgdl, grid$age_years, grid$female)
grid$ckd_epi_2021 <- inker(mgdl, grid$age_years, grid$female)
grid$female <- ifelse(grid$female, 1, 0)
write.csv(format(grid, digits = 12, trim = TRUE), "tests/oracles/egfr.csv", row.names = FALSE, quote = FALSE)
