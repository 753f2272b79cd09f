using System.Collections.Concurrent;

namespace Acme.Ledger;

/// <summary>One side of an entry; amounts are cents, debits are positive.</summary>
public record Posting(string Account, long Amount);

/// <summary>What happened, as postings that sum to zero.</summary>
public record Entry(string Reference, DateOnly Date, IReadOnlyList<Posting> Postings)
{
    public bool IsBalanced => Postings.Count >= 2 && Postings.Sum(posting => posting.Amount) == 0;
}

/// <summary>The entries, each reference once.</summary>
public class Journal
{
    private readonly ConcurrentDictionary<string, Entry> entries = new();

    public bool TryBook(Entry entry) => entry.IsBalanced && entries.TryAdd(entry.Reference, entry);

    public long Balance(string account) =>
        entries.Values
            .SelectMany(entry => entry.Postings)
            .Where(posting => posting.Account == account)
            .Sum(posting => posting.Amount);
}
