<?php
header("Content-Type: text/plain");
echo getmypid(), " ", $_SERVER["QUERY_STRING"], " ",
    strlen(file_get_contents("php://input")), "\n";
