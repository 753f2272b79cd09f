using Acme.Ledger;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<Journal>();
builder.Services.AddHealthChecks();

var app = builder.Build();

app.MapHealthChecks("/healthz");

app.MapPost("/entries", (Entry entry, Journal journal) =>
    journal.TryBook(entry) ? Results.Created($"/entries/{entry.Reference}", entry) : Results.Conflict());

app.MapGet("/accounts/{account}/balance", (string account, Journal journal) =>
    Results.Ok(new { account, balance = journal.Balance(account) }));

app.Run();
