# The sample becomes the configuration, unless there is one already.
EXTRA_DIST += etc/cgi-fpm.conf

# What to monitor pools with.
prometheusdir = $(snippetsdir)/prometheus
dist_prometheus_DATA = \
	etc/prometheus/cgi-fpm.rules.yml \
	etc/prometheus/grafana-dashboard.json \
	etc/prometheus/prometheus.yml

install-data-local: install-completions
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf" || \
		$(INSTALL_DATA) "$(srcdir)/etc/cgi-fpm.conf" \
		    "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf"

uninstall-local: uninstall-completions
	! cmp -s "$(srcdir)/etc/cgi-fpm.conf" \
		"$(DESTDIR)$(sysconfdir)/cgi-fpm.conf" || \
		rm -f "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf"
