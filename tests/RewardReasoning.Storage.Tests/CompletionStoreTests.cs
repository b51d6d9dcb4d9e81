using Xunit;

namespace RewardReasoning.Storage.Tests;

/// <summary>What every store must do; a class for each kind runs it.</summary>
public abstract class CompletionStoreTests
{
    private static readonly DateTimeOffset Day = new(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_WhatIsNotThere_IsNull()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        Assert.Null(await store.FindAsync(Samples.Request().Key, Cancel));
    }

    [Fact]
    public async Task Add_ThenFind_GivesTheResponseToEverybody()
    {
        string location = await NewLocationAsync();
        using ICompletionStore store = await OpenAsync(location);
        using ICompletionStore other = await OpenAsync(location);
        StoredCompletion completion = Samples.Completion(Samples.Request());
        Assert.True(await store.AddAsync(completion));
        Assert.Equal(completion.Response.ToArray(), await store.FindAsync(completion.Request.Key, Cancel));
        Assert.Equal(completion.Response.ToArray(), await other.FindAsync(completion.Request.Key, Cancel));
    }

    [Fact]
    public async Task Add_UnderAKeyThatIsThere_ChangesNothing()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        StoredCompletion first = Samples.Completion(Samples.Request(), "first");
        bool[] added = await Task.WhenAll(store.AddAsync(first), store.AddAsync(Samples.Completion(Samples.Request(), "second")));
        Assert.Equal([true, false], added);
        Assert.False(await store.AddAsync(Samples.Completion(Samples.Request(), "third")));
        Assert.Equal(first.Response.ToArray(), await store.FindAsync(first.Request.Key, Cancel));
    }

    [Fact]
    public async Task Add_ClosedAndOpenedAgain_IsStillThere()
    {
        string location = await NewLocationAsync();
        StoredCompletion completion = Samples.Completion(Samples.Request("Ünï 🙂 \0"), new string('x', 100_000));
        using (ICompletionStore store = await OpenAsync(location))
        {
            await store.AddAsync(completion);
        }

        using ICompletionStore again = await OpenAsync(location);
        StoredCompletion read = Assert.Single(await ReadAsync(again));
        Assert.Equal(
            (completion.Request.Key, completion.Request.Model, completion.Created, completion.Elapsed),
            (read.Request.Key, read.Request.Model, read.Created, read.Elapsed)
        );
        Assert.Equal(completion.Request.Prompt.ToArray(), read.Request.Prompt.ToArray());
        Assert.Equal(completion.Response.ToArray(), read.Response.ToArray());
    }

    [Fact]
    public async Task Add_FromManyThreadsAndTwoStores_LosesNothing()
    {
        const int Count = 600;
        string location = await NewLocationAsync();
        using ICompletionStore first = await OpenAsync(location);
        using ICompletionStore second = await OpenAsync(location);
        bool[] added = await Task.WhenAll(
            Enumerable
                .Range(0, 2 * Count)
                .Select(i =>
                    Task.Run(
                        () => (i % 2 == 0 ? first : second).AddAsync(Samples.Completion(Samples.Request($"q{i / 2 / 3}", seed: i / 2))),
                        Cancel
                    )
                )
        );
        Assert.Equal(Count, added.Count(one => one));
        ModelStatistics model = Assert.Single((await first.CountAsync(Cancel)).Models);
        Assert.Equal((Count, Count / 3), (model.Completions, model.Prompts));
        Assert.Equal(Count, (await ReadAsync(second)).DistinctBy(completion => completion.Request.Key).Count());
    }

    [Fact]
    public async Task Open_ManyAtOnce_MakesTheStoreOnce()
    {
        string location = await NewLocationAsync();
        ICompletionStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync(location), Cancel)));
        bool[] added = await Task.WhenAll(stores.Select(store => store.AddAsync(Samples.Completion(Samples.Request()))));
        Assert.Equal(1, added.Count(one => one));
        Array.ForEach(stores, store => store.Dispose());
    }

    [Fact]
    public async Task Count_OfTwoModels_HasALineForEach()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        Assert.Empty((await store.CountAsync(Cancel)).Models);
        await FillAsync(store);
        StoreStatistics statistics = await store.CountAsync(Cancel);
        Assert.Equal(8, statistics.Completions);
        Assert.True(statistics.StoreBytes > statistics.Models.Sum(model => model.Bytes));
        Assert.Equal(
            [("a", 6, 3, Day, Day.AddDays(5)), ("b", 2, 1, Day, Day.AddDays(1))],
            statistics.Models.Select(model => (model.Model.Name, (int)model.Completions, (int)model.Prompts, model.Oldest, model.Newest))
        );
    }

    [Fact]
    public async Task Read_OneModel_GivesItsCompletionsOldestFirst()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        await FillAsync(store);
        Assert.Equal(
            [.. Enumerable.Range(0, 6).Select(day => Day.AddDays(day))],
            (await ReadAsync(store, "a")).Select(completion => completion.Created)
        );
        Assert.Equal(2, (await ReadAsync(store, "id-b")).Count);
        Assert.Empty(await ReadAsync(store, "c"));
    }

    [Fact]
    public async Task Prune_ByAge_RemovesWhatIsOlderAndPromptsWithoutAnswers()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        await FillAsync(store);
        PruneRule rule = new() { Before = Day.AddDays(3) };
        PruneReport would = await store.PruneAsync(rule, dryRun: true, Cancel);
        Assert.Equal((5, 8), (would.Completions, (await store.CountAsync(Cancel)).Completions));
        Assert.Equal(would, await store.PruneAsync(rule, dryRun: false, Cancel));
        Assert.Equal([Day.AddDays(3), Day.AddDays(4), Day.AddDays(5)], (await ReadAsync(store)).Select(completion => completion.Created));
        Assert.Equal(0, (await store.PruneAsync(rule, dryRun: false, Cancel)).Completions);
        await FillAsync(store);
        Assert.Equal(8, (await ReadAsync(store)).Count);
    }

    [Fact]
    public async Task Prune_ByModel_RemovesAllOfIt()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        await FillAsync(store);
        Assert.Equal(6, (await store.PruneAsync(new() { Model = "a" }, dryRun: false, Cancel)).Completions);
        Assert.Equal("b", Assert.Single((await store.CountAsync(Cancel)).Models).Model.Name);
    }

    [Fact]
    public async Task Prune_BySize_KeepsTheNewest()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        await FillAsync(store);
        PruneReport all = await store.PruneAsync(new() { MaxBytes = 0 }, dryRun: true, Cancel);
        Assert.Equal(8, all.Completions);
        PruneReport half = await store.PruneAsync(new() { MaxBytes = all.Bytes / 2 }, dryRun: false, Cancel);
        Assert.InRange(half.Completions, 3, 5);
        Assert.InRange(all.Bytes - half.Bytes, 1, all.Bytes / 2);
        Assert.Equal(Day.AddDays(5), (await ReadAsync(store)).Max(completion => completion.Created));
        Assert.Equal(8 - half.Completions, (await ReadAsync(store)).Count);
    }

    [Fact]
    public async Task Prune_ByNothing_IsRefused()
    {
        using ICompletionStore store = await OpenAsync(await NewLocationAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => store.PruneAsync(new(), dryRun: false, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.PruneAsync(new() { MaxBytes = -1 }, dryRun: false, Cancel));
    }

    [Fact]
    public async Task Prune_WhileOthersAdd_LeavesEveryCompletionItsPrompt()
    {
        string location = await NewLocationAsync();
        using ICompletionStore store = await OpenAsync(location);
        using ICompletionStore other = await OpenAsync(location);
        Task adding = Task.Run(
            async () =>
            {
                for (int i = 0; i < 200; i++)
                {
                    await other.AddAsync(Samples.Completion(Samples.Request($"q{i % 3}", seed: i), created: Day.AddMinutes(i)));
                }
            },
            Cancel
        );
        for (int minutes = 0; !adding.IsCompleted; minutes += 5)
        {
            await store.PruneAsync(new() { Before = Day.AddMinutes(minutes) }, dryRun: false, Cancel);
        }

        await adding;
        Assert.Equal((await store.CountAsync(Cancel)).Completions, (await ReadAsync(store)).Count);
    }

    /// <summary>A place where no store is yet.</summary>
    protected abstract Task<string> NewLocationAsync();

    protected static Task<ICompletionStore> OpenAsync(string location) => CompletionStores.OpenAsync(location, cancellationToken: Cancel);

    /// <summary>Six completions of model a, one a day, two to a prompt, and two of model b.</summary>
    private static async Task FillAsync(ICompletionStore store)
    {
        StoredModel a = new("id-a", "a"),
            b = new("id-b", "b");
        await Task.WhenAll([
            .. Enumerable
                .Range(0, 6)
                .Select(i => store.AddAsync(Samples.Completion(Samples.Request($"q{i / 2}", seed: i, model: a), created: Day.AddDays(i)))),
            .. Enumerable
                .Range(0, 2)
                .Select(i => store.AddAsync(Samples.Completion(Samples.Request("q0", seed: i, model: b), created: Day.AddDays(i)))),
        ]);
    }

    private static async Task<List<StoredCompletion>> ReadAsync(ICompletionStore store, string? model = null)
    {
        List<StoredCompletion> completions = [];
        await foreach (StoredCompletion completion in store.ReadAsync(model, Cancel))
        {
            completions.Add(completion);
        }

        return completions;
    }
}
