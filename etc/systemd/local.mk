# Units as they are installed, for packagers' switches of configure; tests
# use those of the build tree.
EXTRA_DIST += \
	etc/systemd/cgi-fpm.service.in \
	etc/systemd/cgi-fpm.socket \
	etc/systemd/cgi-fpm.sysusers \
	etc/systemd/cgi-fpm.tmpfiles \
	etc/systemd/cgi-fpm@.service.in \
	etc/systemd/cgi-fpm@.socket \
	etc/systemd/legacy.conf \
	etc/systemd/net.conf \
	etc/systemd/strict.conf

units = etc/systemd/cgi-fpm.service etc/systemd/cgi-fpm@.service
noinst_DATA = $(units)
CLEANFILES += $(units)

fill_in = $(SED) -e 's,@sbindir[@],$(sbindir),g' \
	-e 's,@sysconfdir[@],$(sysconfdir),g'

etc/systemd/cgi-fpm.service: etc/systemd/cgi-fpm.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/systemd && \
	    $(fill_in) '$(srcdir)/etc/systemd/cgi-fpm.service.in' >$@.tmp && \
	    mv $@.tmp $@

etc/systemd/cgi-fpm@.service: etc/systemd/cgi-fpm@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/systemd && \
	    $(fill_in) '$(srcdir)/etc/systemd/cgi-fpm@.service.in' >$@.tmp && \
	    mv $@.tmp $@

# All three ways to fence a service in, to be copied.
fencesdir = $(pkgdatadir)/systemd
fences_DATA = $(srcdir)/etc/systemd/legacy.conf \
	$(srcdir)/etc/systemd/net.conf $(srcdir)/etc/systemd/strict.conf

if SYSTEMD_UNITS
systemdsystemunit_DATA = $(units) $(srcdir)/etc/systemd/cgi-fpm.socket \
	$(srcdir)/etc/systemd/cgi-fpm@.socket
# The least of them holds unless told otherwise.
servicefencedir = $(systemdsystemunitdir)/cgi-fpm.service.d
servicefence_DATA = $(srcdir)/etc/systemd/legacy.conf
instancefencedir = $(systemdsystemunitdir)/cgi-fpm@.service.d
instancefence_DATA = $(srcdir)/etc/systemd/net.conf
endif

# Both want the name that is common to all files of a package.
install-data-hook:
if SYSUSERS
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)'
	$(INSTALL_DATA) '$(srcdir)/etc/systemd/cgi-fpm.sysusers' \
	    '$(DESTDIR)$(sysusersdir)/cgi-fpm.conf'
endif
if TMPFILES
	$(MKDIR_P) '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) '$(srcdir)/etc/systemd/cgi-fpm.tmpfiles' \
	    '$(DESTDIR)$(tmpfilesdir)/cgi-fpm.conf'
endif

uninstall-hook:
if SYSUSERS
	rm -f '$(DESTDIR)$(sysusersdir)/cgi-fpm.conf'
endif
if TMPFILES
	rm -f '$(DESTDIR)$(tmpfilesdir)/cgi-fpm.conf'
endif

AM_DISTCHECK_CONFIGURE_FLAGS = \
	--with-systemdsystemunitdir='$$dc_install_base/lib/systemd/system' \
	--with-sysusersdir='$$dc_install_base/lib/sysusers.d' \
	--with-tmpfilesdir='$$dc_install_base/lib/tmpfiles.d'
