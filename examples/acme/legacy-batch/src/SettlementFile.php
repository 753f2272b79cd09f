<?php

declare(strict_types=1);

namespace Acme\Batch;

use DateTimeImmutable;
use InvalidArgumentException;

/** The fixed-width file the bank reads: a header, a line per payment, a trailer with the sum. */
final class SettlementFile
{
    /** @var array<string, int> cents by reference */
    private array $amounts = [];

    public function __construct(private readonly DateTimeImmutable $day)
    {
    }

    public function add(string $reference, int $cents): void
    {
        if ($cents <= 0 || strlen($reference) > 20) {
            throw new InvalidArgumentException("cannot settle $reference");
        }
        $this->amounts[$reference] = ($this->amounts[$reference] ?? 0) + $cents;
    }

    public function render(): string
    {
        $lines = [sprintf('H%s%06d', $this->day->format('Ymd'), count($this->amounts))];
        foreach ($this->amounts as $reference => $cents) {
            $lines[] = sprintf('P%-20s%012d', $reference, $cents);
        }
        $lines[] = sprintf('T%012d', array_sum($this->amounts));

        return implode("\n", $lines) . "\n";
    }
}
