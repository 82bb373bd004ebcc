# Response of the FSGS sample by class of the disease (domain.md 5.5): fisher.test on the counts reached / not reached.
# Made with R 4.2.2 (stats). Run from the repository root: Rscript tests/oracles/fsgs_classes.R
reached <- list(
  steroid_class.complete = c(5, 3, 0, 1), steroid_class.remission = c(6, 3, 1, 3),
  fsgs_variant.complete = c(5, 0, 4), fsgs_variant.remission = c(7, 1, 5)
)
size <- list(steroid_class = c(6, 3, 2, 3), fsgs_variant = c(8, 1, 5))
rows <- lapply(names(reached), function(name) {
  parts <- strsplit(name, ".", fixed = TRUE)[[1]]
  k <- reached[[name]]
  p <- fisher.test(rbind(k, size[[parts[1]]] - k))$p.value
  data.frame(variable = parts[1], kind = parts[2], p_value = format(p, digits = 15))
})
write.csv(do.call(rbind, rows), file.path("tests", "oracles", "fsgs_classes.csv"), row.names = FALSE, quote = FALSE)
