using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.Runs;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Take_FolderOfARunningRun_SaysWhoHoldsIt()
    {
        using (RunLock.Take(_folder.Path, TimeProvider.System))
        {
            RecipeException error = Assert.Throws<RecipeException>(() => RunLock.Take(_folder.Path, TimeProvider.System));
            Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", error.Message, StringComparison.Ordinal);
            Assert.Contains("another out folder", error.Message, StringComparison.Ordinal);
        }

        using RunLock again = RunLock.Take(_folder.Path, TimeProvider.System);
    }

    public void Dispose() => _folder.Dispose();
}
