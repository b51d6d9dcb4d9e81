using RewardReasoning.Storage.State;
using RewardReasoning.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace RewardReasoning.Storage.Tests.State;

/// <summary>Where a server can keep its state.</summary>
public enum Place
{
    /// <summary>In the process.</summary>
    Memory,

    /// <summary>In an SQLite file.</summary>
    File,

    /// <summary>In a PostgreSQL database.</summary>
    Database,
}

/// <summary>States in any place, closed and removed after a test.</summary>
public sealed class Places(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<ServerState> _opened = [];

    /// <summary>All places, for theories.</summary>
    public static TheoryData<Place> All => [Place.Memory, Place.File, Place.Database];

    /// <summary>Those that survive the process.</summary>
    public static TheoryData<Place> Durable => [Place.File, Place.Database];

    /// <summary>What names a new, empty place; null for memory.</summary>
    public async Task<string?> NewAsync(Place place) =>
        place switch
        {
            Place.Memory => null,
            Place.File => _folder["state.db"],
            _ => await postgres.Require().CreateDatabaseAsync(),
        };

    /// <summary>An empty state.</summary>
    internal async Task<ServerState> OpenAsync(Place place) => await OpenAsync(await NewAsync(place));

    /// <summary>The state of a place.</summary>
    internal async Task<ServerState> OpenAsync(string? name)
    {
        ServerState state = await ServerState.OpenAsync(name, null, TimeProvider.System, null, TestContext.Current.CancellationToken);
        _opened.Add(state);
        return state;
    }

    /// <summary>A state of a database that others share.</summary>
    internal async Task<PostgresState> ShareAsync(string name)
    {
        PostgresState state =
            await PostgresState.OpenAsync(name, shared: true, TimeProvider.System, TestContext.Current.CancellationToken)
            ?? throw new InvalidOperationException("Somebody has it alone.");
        _opened.Add(state);
        return state;
    }

    /// <summary>Closes a state before the test's end.</summary>
    internal void Close(ServerState state)
    {
        _opened.Remove(state);
        state.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _opened.ForEach(state => state.Dispose());
        _folder.Dispose();
    }
}
