using System.Runtime.Versioning;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Packages.Tests;

/// <summary>The launcher <c>rrm</c> of a clone, with an SDK that only writes the program it is asked to publish.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LauncherTests : IDisposable
{
    private const string Sdk = """
        #!/bin/sh
        [ "$1" = --version ] && echo 10.0.100 && exit 0
        while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done
        printf '#!/bin/sh\necho "$0 $*"\n' >"$out/rrm"
        chmod +x "$out/rrm"
        """;

    private readonly TemporaryFolder _folder = new();

    public LauncherTests()
    {
        foreach (string source in (string[])["src", "lab", "eng"])
        {
            Directory.CreateDirectory(_folder[$"clone/{source}"]);
        }

        foreach (
            string file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", "rrm"]
        )
        {
            File.Copy(Path.Combine(SharedFolder.RepositoryRoot, file), _folder[$"clone/{file}"]);
        }

        File.SetUnixFileMode(_folder.Write("sdk/dotnet", Sdk), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_OfAClone_BuildsOnceIntoArtifacts()
    {
        CommandResult first = await StartAsync();
        Assert.Equal(0, first.ExitCode);
        Assert.StartsWith(_folder["clone/artifacts/rrm/builds/"], first.Out, StringComparison.Ordinal);
        Assert.EndsWith("/rrm judge\n", first.Out, StringComparison.Ordinal);
        Assert.Contains("building", first.Error, StringComparison.Ordinal);

        CommandResult second = await StartAsync();
        Assert.Equal((0, first.Out, ""), (second.ExitCode, second.Out, second.Error));
    }

    [Fact]
    public async Task Start_OfACloneThatCannotBeWrittenTo_BuildsIntoTheUsersFolderAndSaysSo()
    {
        _folder.Write("clone/artifacts", "a file, so that no folder can be made here, whoever runs this");
        CommandResult first = await StartAsync();
        Assert.Equal(0, first.ExitCode);
        Assert.StartsWith(_folder["cache/rrm/"], first.Out, StringComparison.Ordinal);
        Assert.Contains($"{_folder["clone/artifacts"]} cannot be written to", first.Error, StringComparison.Ordinal);

        CommandResult second = await StartAsync();
        Assert.Equal((0, first.Out, ""), (second.ExitCode, second.Out, second.Error));
    }

    [Fact]
    public async Task Start_WithoutAnyFolderToBuildIn_NamesBoth()
    {
        _folder.Write("clone/artifacts", "");
        _folder.Write("cache", "");
        CommandResult result = await StartAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(_folder["clone/artifacts"], result.Error, StringComparison.Ordinal);
        Assert.Contains("XDG_CACHE_HOME", result.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> StartAsync() =>
        Command.RunAsync(
            _folder["clone/rrm"],
            ["judge"],
            _folder.Path,
            new Dictionary<string, string?> { ["DOTNET_ROOT"] = _folder["sdk"], ["XDG_CACHE_HOME"] = _folder["cache"] },
            TestContext.Current.CancellationToken
        );
}
