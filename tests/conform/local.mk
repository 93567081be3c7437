# One program that asks any FastCGI server; the table in doc/ is its output
# for four of them (packages fcgiwrap, php8.2-fpm, uwsgi-core).
EXTRA_DIST += \
	doc/conformance.md \
	tests/conformance \
	tests/conform/check.py \
	tests/conform/programs.py \
	tests/conform/rows_life.py \
	tests/conform/rows_programs.py \
	tests/conform/rows_records.py \
	tests/conform/rows_requests.py \
	tests/conformance \
	tests/conform/server.py \
	tests/conform/table

conformance-table: all
	$(MKDIR_P) '$(srcdir)/doc'
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 \
	    '$(srcdir)/tests/conform/table' ./cgi-fpm >conformance.new

.PHONY: conformance-table
