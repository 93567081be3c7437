# fish completion for cgi-fpm

# All that the manager knows, those of mode = fastcgi alone as well.
function __cgi_fpm_directives
    set -l words (commandline -opc)
    for mode in cgi fastcgi
        $words[1] -tt -s /nowhere -o mode=$mode -- /bin/true 2>/dev/null
    end | string replace -rf '^ *(?:([a-z_.]+) = .*|# ([a-z_.]+) is not set)$' \
        '$1$2=' | sort -u
end

complete -c cgi-fpm -s s -l socket -r -F -d 'listen on a unix socket'
complete -c cgi-fpm -s a -l address -x -d 'listen on an address'
complete -c cgi-fpm -s p -l port -x -d 'listen on a TCP port'
complete -c cgi-fpm -s b -l backlog -x -d 'connections that may wait'
complete -c cgi-fpm -s M -l mode -x -d 'mode of the socket'
complete -c cgi-fpm -s U -l socket-user -x -a '(__fish_complete_users)' \
    -d 'owner of the socket'
complete -c cgi-fpm -s G -l socket-group -x -a '(__fish_complete_groups)' \
    -d 'group of the socket'
complete -c cgi-fpm -l root -x -a '(__fish_complete_directories)' \
    -d 'programs beneath a folder'
complete -c cgi-fpm -l name -x -d 'name of the pool'
complete -c cgi-fpm -s F -l workers -x -d 'number of workers'
complete -c cgi-fpm -s o -l option -x -a '(__cgi_fpm_directives)' \
    -d 'any directive'
complete -c cgi-fpm -s u -l user -x -a '(__fish_complete_users)' \
    -d 'run programs as'
complete -c cgi-fpm -s g -l group -x -a '(__fish_complete_groups)' \
    -d 'run programs as'
complete -c cgi-fpm -s c -l chroot -x -a '(__fish_complete_directories)' \
    -d 'change the root'
complete -c cgi-fpm -s d -l chdir -x -a '(__fish_complete_directories)' \
    -d 'working folder'
complete -c cgi-fpm -s n -l foreground -d 'stay in the foreground'
complete -c cgi-fpm -s P -l pid -r -F -d 'write the process id'
complete -c cgi-fpm -s S -l control -r -F -d 'control socket'
complete -c cgi-fpm -s y -l config -r -F -d 'configuration'
complete -c cgi-fpm -s t -l test -d 'test the settings'
complete -c cgi-fpm -s v -l version -d 'print the version'
complete -c cgi-fpm -s h -l help -d 'print help'
