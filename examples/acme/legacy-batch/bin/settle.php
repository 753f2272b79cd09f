#!/usr/bin/env php
<?php

declare(strict_types=1);

use Acme\Batch\SettlementFile;

require __DIR__ . '/../vendor/autoload.php';

$file = new SettlementFile(new DateTimeImmutable($argv[1] ?? 'yesterday'));

while (($row = fgetcsv(STDIN, null, ',', '"', '')) !== false) {
    if (count($row) !== 2) {
        fwrite(STDERR, "skipped a line without two columns\n");
        continue;
    }
    $file->add($row[0], (int) $row[1]);
}

echo $file->render();
