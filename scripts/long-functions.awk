# Functions of more than 70 lines (STYLE 5): a line "{" alone to a line "}" alone.
FNR == 1 { start = 0 }
/^\{$/ { start = FNR }
/^\}$/ { if (start && FNR - start - 1 > 70) print FILENAME ":" start ": " (FNR - start - 1) " lines"; start = 0 }
