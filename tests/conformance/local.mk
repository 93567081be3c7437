# One program that asks any FastCGI server; the table in doc/ is its output
# for four of them (packages fcgiwrap, php8.2-fpm, uwsgi-core).
EXTRA_DIST += \
	doc/conformance.md \
	tests/conformance/check.py \
	tests/conformance/programs.py \
	tests/conformance/rows_life.py \
	tests/conformance/rows_programs.py \
	tests/conformance/rows_records.py \
	tests/conformance/rows_requests.py \
	tests/conformance/run \
	tests/conformance/server.py \
	tests/conformance/table

conformance-table: all
	$(MKDIR_P) '$(srcdir)/doc'
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 \
	    '$(srcdir)/tests/conformance/table' ./cgi-fpm >conformance.new

.PHONY: conformance-table
