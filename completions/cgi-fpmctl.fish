# fish completion for cgi-fpmctl

# The master that the words so far mean.
function __cgi_fpmctl_ask
    set -l words (commandline -opc)
    set -l socket
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -S --control
                set -l next (math $i + 1)
                set socket -S $words[$next]
            case '-S*' '--control=*'
                set socket $words[$i]
        end
    end
    $words[1] $socket $argv 2>/dev/null
end

function __cgi_fpmctl_pools
    __cgi_fpmctl_ask status | string replace -rf '^pool ([^:]*):.*' '$1'
end

function __cgi_fpmctl_workers
    __cgi_fpmctl_ask status | string replace -rf '^ *([0-9]+) [a-z].*' '$1'
end

function __cgi_fpmctl_verbs
    set -l words (commandline -opc)
    $words[1] --help 2>/dev/null |
        string replace -rf '^  ([a-z-]+) {2,}(.*)' '$1'\t'$2'
end

# All that the manager knows, those of mode = fastcgi alone as well.
function __cgi_fpmctl_directives
    set -l words (commandline -opc)
    set -l program (string replace -r 'ctl$' '' $words[1])
    for mode in cgi fastcgi
        $program -tt -s /nowhere -o mode=$mode -- /bin/true 2>/dev/null
    end | string replace -rf '^ *(?:([a-z_.]+) = .*|# ([a-z_.]+) is not set)$' \
        '$1$2=' | sort -u
end

# How many words that are no options follow the program.
function __cgi_fpmctl_verb
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case -S --control -d --interval -n --count
                set skip 1
            case '-*'
            case '*'
                echo $word
        end
    end
end

function __cgi_fpmctl_is
    set -l words (__cgi_fpmctl_verb)
    test (count $words) -ge 1; and contains -- $words[1] $argv
end

function __cgi_fpmctl_first
    set -l words (__cgi_fpmctl_verb)
    test (count $words) = 1; and contains -- $words[1] $argv
end

complete -c cgi-fpmctl -f
complete -c cgi-fpmctl -s S -l control -r -F -d 'control socket'
complete -c cgi-fpmctl -s j -l json -d 'print JSON'
complete -c cgi-fpmctl -l help -d 'print help'
complete -c cgi-fpmctl -n 'test (count (__cgi_fpmctl_verb)) = 0' \
    -s V -l version -d 'print the version'
complete -c cgi-fpmctl -n 'test (count (__cgi_fpmctl_verb)) = 0' \
    -a '(__cgi_fpmctl_verbs)'
complete -c cgi-fpmctl \
    -n '__cgi_fpmctl_first status requests top advise check scale restart drain resume set' \
    -a '(__cgi_fpmctl_pools)'
complete -c cgi-fpmctl -n '__cgi_fpmctl_first kill' -a '(__cgi_fpmctl_workers)'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is set' -a '(__cgi_fpmctl_directives)'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is set' -s s -l save \
    -d "write it to the pool's file"
complete -c cgi-fpmctl -n '__cgi_fpmctl_is drain' -s r -l refuse \
    -d 'answer 503'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is top' -s d -l interval -x \
    -d 'time from look to look'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is top' -s n -l count -x \
    -d 'end after so many looks'
complete -c cgi-fpmctl -n '__cgi_fpmctl_first get' -F
complete -c cgi-fpmctl -n '__cgi_fpmctl_is get' -l body -r -F \
    -d 'send a file as the body'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is get' -s i -l include \
    -d 'print the head, too'
complete -c cgi-fpmctl -n '__cgi_fpmctl_is get' -l timeout -x \
    -d 'give up after'
