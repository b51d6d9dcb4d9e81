using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Packages.Tests;

/// <summary>The packages as others get them: packed, installed from a local folder into an empty cache, and judged with.</summary>
[Trait("Category", "Slow")]
public sealed class PackageTests(PackageTests.Packed packed) : IClassFixture<PackageTests.Packed>
{
    private const string Program = """
        using RewardReasoning;
        using RewardReasoning.Judging;
        using RewardReasoning.Models;

        using OpenedJudge judge = LocalJudge.Open(args[0]);
        Judgment judgment = await judge.JudgeAsync(new Comparison("12*4+7", "55", "54"));
        Console.WriteLine($"prefers {judgment.Preferred}");
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Packages_EachHasReadmeLicenceNoticesAndSymbols()
    {
        string sources = Path.Combine(SharedFolder.RepositoryRoot, "src");
        string[] projects = [.. Directory.EnumerateFiles(sources, "*.csproj", SearchOption.AllDirectories)];
        string[] packages = [.. Directory.EnumerateFiles(packed.Folder["feed"], "*.nupkg")];
        Assert.Equal(projects.Length, packages.Length);
        foreach (string path in packages)
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            string name = Path.GetFileName(path);
            foreach (string file in (string[])["README.md", "LICENSE.txt", "THIRD-PARTY-NOTICES.txt"])
            {
                Assert.True(package.GetEntry(file) is { Length: > 200 }, $"{name} has no {file}.");
            }

            XElement metadata = Metadata(package);
            Assert.Equal("MIT", Text(metadata, "license"));
            Assert.Equal("README.md", Text(metadata, "readme"));
            Assert.StartsWith("https://", Text(metadata, "projectUrl"), StringComparison.Ordinal);
            Assert.NotEqual("", Text(metadata, "tags"));
            Assert.InRange(Text(metadata, "description").Length, 40, 400);
            Assert.True(name.StartsWith("rrm.", StringComparison.Ordinal) || File.Exists(Path.ChangeExtension(path, ".snupkg")), name);
        }
    }

    [Fact]
    public void Packages_OfOneVersion_AskForExactlyEachOther()
    {
        foreach (string path in Directory.EnumerateFiles(packed.Folder["feed"], "RewardReasoning*.nupkg"))
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            Assert.All(
                Metadata(package)
                    .Descendants()
                    .Where(element => element.Attribute("id")?.Value.StartsWith("RewardReasoning", StringComparison.Ordinal) is true),
                element => Assert.Matches(@"^\[\S+\]$", element.Attribute("version")?.Value)
            );
        }
    }

    [Fact]
    public void Packages_HoldNoPathOfTheMachineThatBuiltThem()
    {
        byte[] root = System.Text.Encoding.UTF8.GetBytes(SharedFolder.RepositoryRoot + "/");
        foreach (string path in Directory.EnumerateFiles(packed.Folder["feed"], "RewardReasoning.*nupkg"))
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            foreach (ZipArchiveEntry entry in package.Entries.Where(entry => entry.Name.EndsWith(".dll", StringComparison.Ordinal)))
            {
                using Stream stream = entry.Open();
                using MemoryStream bytes = new();
                stream.CopyTo(bytes);
                Assert.True(bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(root) < 0, $"{entry.FullName} in {path}");
            }
        }
    }

    [Fact]
    public async Task Tool_InstalledIntoAnEmptyCache_JudgesWithItsOwnModel()
    {
        CommandResult installed = await packed.DotnetAsync(
            "tool",
            "install",
            "rrm",
            "--tool-path",
            packed.Folder["tools"],
            "--configfile",
            packed.Folder["nuget.config"]
        );
        Assert.True(installed.ExitCode == 0, installed.Out + installed.Error);

        CommandResult judged = await Command.RunAsync(
            packed.Folder["tools/rrm"],
            ["judge", "--query", "12*4+7", "--response", "55", "--response", "54", "--store", "none", "--json"],
            packed.Folder.Path,
            packed.Variables,
            Cancellation
        );
        Assert.True(judged.ExitCode == 0, judged.Out + judged.Error);
        JsonElement judgment = JsonDocument.Parse(judged.Out).RootElement;
        Assert.Equal(1, judgment.GetProperty("preferred").GetInt32());
    }

    [Fact]
    public async Task Library_InstalledIntoAnEmptyProject_Judges()
    {
        string torch = PackageVersion("libtorch-cpu-linux-x64");
        packed.Folder.Write(
            "app/app.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="RewardReasoning.Models" Version="{packed.Version}" />
                <PackageReference Include="libtorch-cpu-linux-x64" Version="{torch}" />
              </ItemGroup>
            </Project>
            """
        );
        packed.Folder.Write("app/Program.cs", Program);
        CommandResult result = await packed.DotnetAsync(
            "run",
            "--project",
            packed.Folder["app"],
            "--",
            Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini")
        );
        Assert.True(result.ExitCode == 0, result.Out + result.Error);
        Assert.EndsWith("prefers First", result.Out.TrimEnd(), StringComparison.Ordinal);
    }

    private static string PackageVersion(string package) =>
        XDocument
            .Load(Path.Combine(SharedFolder.RepositoryRoot, "Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(item => item.Attribute("Include")?.Value == package)
            .Attribute("Version")
            ?.Value
        ?? throw new InvalidDataException($"Directory.Packages.props gives {package} no version.");

    private static XElement Metadata(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root?.Elements().First() ?? throw new InvalidDataException("A package without metadata.");
    }

    private static string Text(XElement metadata, string name) =>
        metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value ?? "";

    /// <summary>All packages of the solution in a folder, and an empty package cache to install them into.</summary>
    public sealed class Packed : IAsyncLifetime
    {
        public TemporaryFolder Folder { get; } = new();

        public string Version { get; private set; } = "";

        /// <summary>Nothing of the user's caches and tools is read or written.</summary>
        public Dictionary<string, string?> Variables { get; } =
            new()
            {
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
                ["DOTNET_NOLOGO"] = "1",
                ["MSBUILDDISABLENODEREUSE"] = "1",
            };

        public async ValueTask InitializeAsync()
        {
            // The tests are built with the projects that are packed, in the same configuration.
            string configuration = AppContext.BaseDirectory.TrimEnd('/').EndsWith("release", StringComparison.Ordinal)
                ? "Release"
                : "Debug";
            string cache =
                Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            CommandResult result = await Command.RunAsync(
                "dotnet",
                ["pack", "RewardReasoning.slnx", "-c", configuration, "--no-build", "-o", Folder["feed"], "-v", "q", "--nologo"],
                SharedFolder.RepositoryRoot,
                Variables,
                CancellationToken.None
            );
            Assert.True(result.ExitCode == 0, result.Out + result.Error);
            Version = Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(Folder["feed"], "rrm.*.nupkg").Single())["rrm.".Length..];
            Folder.Write(
                "nuget.config",
                $"""
                <configuration>
                  <packageSources>
                    <clear />
                    <add key="packed" value="feed" />
                    <add key="restored" value="{cache}" />
                  </packageSources>
                </configuration>
                """
            );
            Variables["NUGET_PACKAGES"] = Folder["packages"];
        }

        /// <summary>Runs dotnet in the folder.</summary>
        internal Task<CommandResult> DotnetAsync(params string[] arguments) =>
            Command.RunAsync("dotnet", arguments, Folder.Path, Variables, TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync()
        {
            Folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
