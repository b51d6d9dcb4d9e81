using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Recipes;
using RewardReasoning.Storage;

namespace RewardReasoning.Training.Policies;

/// <summary>The judge of a policy: a model folder in this process, a model behind servers, or a service that gives rewards.</summary>
internal sealed record PolicyJudgeOptions : ICheckedOptions
{
    /// <summary>In place of a store: nothing is kept.</summary>
    internal const string NoStore = "none";

    private const int DefaultRewardRequests = 64;

    /// <summary>Folder of a judge or of a scalar reward model; with <see cref="Endpoints"/>, the model's name there.</summary>
    public string? Model { get; init; }

    /// <summary>Address of <c>rrm serve</c>, such as <c>http://localhost:8000/v1</c>, whose judge ranks the responses in place of
    /// <see cref="Model"/>. The service's own options say how it judges.</summary>
    public string? Rewards { get; init; }

    /// <summary>Addresses of OpenAI-compatible servers of one model, such as <c>http://localhost:8000/v1</c>; empty runs the folder in
    /// this process.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>What answers at the endpoints, where that is known: it decides which fields are sent.</summary>
    public ServerFlavour Server { get; init; }

    /// <summary>Name of the environment variable that holds the API key of the endpoints or of the service; null sends none.</summary>
    public string? ApiKeyEnv { get; init; }

    /// <summary>Votes per comparison.</summary>
    [Range(1, 1_024)]
    public int Votes { get; init; } = 1;

    /// <summary>Temperature of the votes; 0 is greedy.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 0.6;

    /// <summary>Most tokens of a vote.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 8_192;

    /// <summary>Most tokens of a vote's thought before it is closed and the verdict asked for; null for no such bound.</summary>
    [Range(0, 1 << 20)]
    public int? ThinkingBudget { get; init; }

    /// <summary>Seed from which every vote's own follows, so that the same responses are judged the same way when a run goes on.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Where completions are kept, so that none is paid for twice, however often the run is killed: an SQLite file,
    /// <c>postgres://user@host/database</c>, or none. Null keeps those of endpoints in the store in the user's data folder, as <c>rrm
    /// judge</c>
    /// does, and none of a model in this process.</summary>
    public string? Store { get; init; }

    /// <summary>Requests in flight at each endpoint, at the service, or in this process; null takes 16 at an endpoint, 64 at the
    /// service, and in this process as many as fill two batches.</summary>
    [Range(1, 65_536)]
    public int? Concurrency { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Rewards is not null)
        {
            foreach (string wrong in FaultsOfRewards(names))
            {
                yield return wrong;
            }

            yield break;
        }

        if (string.IsNullOrWhiteSpace(Model))
        {
            yield return $"{names[nameof(Model)]} is missing; name a model, or the address of a service in {names[nameof(Rewards)]}.";
        }

        if (ThinkingBudget > MaxTokens)
        {
            yield return $"{names[nameof(ThinkingBudget)]} is {ThinkingBudget} and {names[nameof(MaxTokens)]} {MaxTokens}; "
                + "the reasoning is a part of the vote, so lower it.";
        }

        if (string.IsNullOrWhiteSpace(Store) && Store is not null)
        {
            yield return $"{names[nameof(Store)]} is empty; name an SQLite file, postgres://user@host/database or none, or leave it out.";
        }

        string[] unusable = [.. Endpoints.Where(endpoint => !Uri.TryCreate(endpoint, UriKind.Absolute, out _))];
        foreach (string endpoint in unusable)
        {
            yield return $"{names[nameof(Endpoints)]} has '{endpoint}'; each is an absolute http or https address, such as "
                + "http://localhost:8000/v1.";
        }

        if (Endpoints.Count == 0 && (ApiKeyEnv is not null || Server != ServerFlavour.Generic))
        {
            yield return $"{names[nameof(ApiKeyEnv)]} or {names[nameof(Server)]} is given without {names[nameof(Endpoints)]}; "
                + "add the servers' addresses or leave them out.";
        }

        if (Endpoints.Count > 0 && unusable.Length == 0 && FaultOf(() => ToEndpointOptions().Validate()) is { } fault)
        {
            yield return $"{names[nameof(Endpoints)]}: {fault}";
        }
    }

    /// <summary>A client of the service that gives the rewards; the caller disposes it.</summary>
    internal RewardClient OpenRewards(TimeProvider clock) => new(ToRewardClientOptions(), clock);

    /// <summary>The judge, opened; the caller disposes it.</summary>
    /// <param name="device">Where a model folder computes.</param>
    /// <param name="defaultStore">Where the completions of endpoints are stored if <see cref="Store"/> does not say; null for
    /// nowhere.</param>
    /// <exception cref="CompletionStoreException">The store cannot be opened.</exception>
    internal OpenedJudge Open(string device, Func<string>? defaultStore)
    {
        string model = Model ?? throw new InvalidOperationException("These options name no model.");
        JudgeOptions judging = new()
        {
            Votes = Votes,
            Temperature = (float)Temperature,
            MaxCompletionTokens = MaxTokens,
            ThinkingBudget = ThinkingBudget,
            Seed = Seed,
            Concurrency = Endpoints.Count == 0 ? Concurrency : null,
        };
        if (Endpoints.Count == 0 && ScalarJudge.Handles(model))
        {
            return LocalJudge.Open(model, judging, new LocalJudgeOptions { Model = new() { Device = device } });
        }

        // The store is opened first: if it cannot be, no model need be read.
        string? location = Store ?? (Endpoints.Count > 0 ? defaultStore?.Invoke() : null);
        ICompletionStore? store = location is null or NoStore ? null : CompletionStores.OpenAsync(location).GetAwaiter().GetResult();
        try
        {
            return Endpoints.Count > 0
                ? JudgeFactory.Open(Stored(new EndpointChatClient(ToEndpointOptions())), judging)
                : LocalJudge.Open(
                    model,
                    judging,
                    new LocalJudgeOptions
                    {
                        Model = new() { Device = device },
                        Wrap = Stored,
                    }
                );
        }
        catch
        {
            store?.Dispose();
            throw;
        }

        IChatClient Stored(IChatClient client) => store is null ? client : new StoringChatClient(client, store) { OwnsStore = true };
    }

    /// <summary>Where the judge is asked.</summary>
    internal EndpointOptions ToEndpointOptions() =>
        new()
        {
            Url = new Uri(Endpoints[0]),
            MoreUrls = [.. Endpoints.Skip(1).Select(endpoint => new Uri(endpoint))],
            Model = Model ?? "",
            Flavour = Server,
            ApiKeyVariable = ApiKeyEnv,
            Concurrency = Concurrency ?? JudgeOptions.DefaultConcurrency,
        };

    private RewardClientOptions ToRewardClientOptions() =>
        new()
        {
            Url = new Uri(Rewards ?? ""),
            ApiKeyVariable = ApiKeyEnv,
            Concurrency = Concurrency ?? DefaultRewardRequests,
        };

    /// <summary>What is decided by the service must not be said here as well, where it would change nothing.</summary>
    private IEnumerable<string> FaultsOfRewards(OptionNames names)
    {
        PolicyJudgeOptions unset = new();
        string[] given =
        [
            .. new (string Name, bool IsGiven)[]
            {
                (nameof(Model), Model is not null),
                (nameof(Endpoints), Endpoints.Count > 0),
                (nameof(Server), Server != unset.Server),
                (nameof(Votes), Votes != unset.Votes),
                (nameof(Temperature), Temperature != unset.Temperature),
                (nameof(MaxTokens), MaxTokens != unset.MaxTokens),
                (nameof(ThinkingBudget), ThinkingBudget is not null),
                (nameof(Seed), Seed != unset.Seed),
                (nameof(Store), Store is not null),
            }
                .Where(field => field.IsGiven)
                .Select(field => names[field.Name]),
        ];
        if (given.Length > 0)
        {
            yield return $"{string.Join(", ", given)} beside {names[nameof(Rewards)]}: the service's own options decide that; leave them "
                + "out here.";
        }

        if (!Uri.TryCreate(Rewards, UriKind.Absolute, out _))
        {
            yield return $"{names[nameof(Rewards)]} is '{Rewards}'; it is an absolute http or https address, such as "
                + "http://localhost:8000/v1.";
        }
        else if (FaultOf(() => ToRewardClientOptions().Validate()) is { } fault)
        {
            yield return $"{names[nameof(Rewards)]}: {fault}";
        }
    }

    private static string? FaultOf(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    }
}
