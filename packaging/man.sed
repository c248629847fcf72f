# SPDX-License-Identifier: Apache-2.0
# What cmark writes, as every reader of manual pages knows it; for sed -z.
# Its font for code is groff's alone.
s/\\f\[C\]/\\fB/g
s/\\f\[\]/\\fR/g
# A paragraph behind a heading begins by itself.
s/\(\n\.S[HS]\n[^\n]*\n\)\.PP\n/\1/g
