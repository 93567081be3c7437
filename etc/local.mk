# The sample becomes the configuration, unless there is one already.
EXTRA_DIST += etc/cgi-fpm.conf

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf" || \
		$(INSTALL_DATA) "$(srcdir)/etc/cgi-fpm.conf" \
		    "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf"

uninstall-local:
	! cmp -s "$(srcdir)/etc/cgi-fpm.conf" \
		"$(DESTDIR)$(sysconfdir)/cgi-fpm.conf" || \
		rm -f "$(DESTDIR)$(sysconfdir)/cgi-fpm.conf"
