using System.Xml.Linq;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>Who may reference whom, as the csproj files say it.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new()
    {
        ["RewardReasoning"] = ["RewardReasoning.Verification"],
        ["RewardReasoning.Verification"] = [],
        ["RewardReasoning.Text"] = ["RewardReasoning"],
        ["RewardReasoning.Endpoints"] = ["RewardReasoning"],
        ["RewardReasoning.Models"] = ["RewardReasoning", "RewardReasoning.Text"],
        ["RewardReasoning.LlamaCpp"] = ["RewardReasoning", "RewardReasoning.Text", "RewardReasoning.Models"],
        ["RewardReasoning.Storage"] = ["RewardReasoning"],
        ["RewardReasoning.Extensions.Evaluation"] = ["RewardReasoning"],
        ["RewardReasoning.Data"] = ["RewardReasoning", "RewardReasoning.Verification"],
        ["RewardReasoning.Evaluation"] = ["RewardReasoning", "RewardReasoning.Verification", "RewardReasoning.Data"],
        ["RewardReasoning.Training"] =
        [
            "RewardReasoning",
            "RewardReasoning.Verification",
            "RewardReasoning.Text",
            "RewardReasoning.Endpoints",
            "RewardReasoning.Models",
            "RewardReasoning.Storage",
            "RewardReasoning.Data",
        ],
        ["RewardReasoning.Server"] =
        [
            "RewardReasoning",
            "RewardReasoning.Endpoints",
            "RewardReasoning.Storage",
            "RewardReasoning.Data",
            "RewardReasoning.Evaluation",
        ],
        ["RewardReasoning.Cluster"] = ["RewardReasoning", "RewardReasoning.Storage", "RewardReasoning.Server"],
        ["RewardReasoning.Lab"] = ["RewardReasoning.Verification", "RewardReasoning.Training"],
    };

    private static readonly Dictionary<string, string[]> PackageOwners = new()
    {
        ["TorchSharp"] = ["RewardReasoning.Models", "RewardReasoning.Training"],
        ["LLamaSharp"] = ["RewardReasoning.LlamaCpp"],
        ["Microsoft.Orleans.Server"] = ["RewardReasoning.Cluster"],
        ["System.CommandLine"] = ["RewardReasoning.Cli"],
        ["Spectre.Console"] = ["RewardReasoning.Cli"],
    };

    public static TheoryData<string> Projects =>
        [
            .. House.Files.Where(path =>
                (path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("lab/", StringComparison.Ordinal))
                && path.EndsWith(".csproj", StringComparison.Ordinal)
            ),
        ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyWhatTheDesignAllows(string path)
    {
        string project = House.ProjectOf(path);
        if (project == "RewardReasoning.Cli")
        {
            return; // puts everything together
        }

        Assert.True(
            AllowedProjects.TryGetValue(project, out string[]? allowed),
            $"{project} is not in the table of projects; say there what it may reference."
        );
        string[] referenced =
        [
            .. Items(path, "ProjectReference").Select(include => Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))),
        ];
        House.Keeps(
            $"{project} may reference {(allowed.Length == 0 ? "no project" : string.Join(", ", allowed))}.",
            referenced.Except(allowed)
        );
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_UsesOnlyPackagesThatItOwns(string path)
    {
        string project = House.ProjectOf(path);
        House.Keeps(
            "Some packages belong to certain projects.",
            Items(path, "PackageReference")
                .Where(package => PackageOwners.TryGetValue(package, out string[]? owners) && !owners.Contains(project))
        );
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_NativeTensorLibrary_OnlyInTheProgram(string path)
    {
        if (House.ProjectOf(path) != "RewardReasoning.Cli")
        {
            Assert.DoesNotContain(Items(path, "PackageReference"), package => package.StartsWith("libtorch", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_WebFramework_OnlyInServer(string path)
    {
        if (House.ProjectOf(path) != "RewardReasoning.Server")
        {
            Assert.DoesNotContain("Microsoft.AspNetCore.App", Items(path, "FrameworkReference"));
        }
    }

    /// <summary>Namespaces of packages that are not named like them; null where a package has none (native libraries).</summary>
    private static readonly Dictionary<string, string?> PackageNamespaces = new()
    {
        ["Microsoft.Extensions.AI.Abstractions"] = "Microsoft.Extensions.AI",
        ["Microsoft.Extensions.AI.Evaluation"] = "Microsoft.Extensions.AI.Evaluation",
        ["Microsoft.Extensions.DependencyInjection.Abstractions"] = "Microsoft.Extensions.DependencyInjection",
        ["Microsoft.Extensions.Logging.Abstractions"] = "Microsoft.Extensions.Logging",
        ["Microsoft.Extensions.Options"] = "Microsoft.Extensions.Options",
        ["Microsoft.Orleans.Connections.Security"] = "Orleans.Connections.Security",
        ["Microsoft.Orleans.Server"] = "Orleans.Configuration",
        ["ModelContextProtocol.AspNetCore"] = "ModelContextProtocol",
        ["OpenTelemetry.Exporter.OpenTelemetryProtocol"] = "OpenTelemetry",
        ["OpenTelemetry.Exporter.Prometheus.AspNetCore"] = "OpenTelemetry",
        ["OpenTelemetry.Extensions.Hosting"] = "OpenTelemetry",
        ["OpenTelemetry.Instrumentation.AspNetCore"] = "OpenTelemetry",
        ["Polly.Core"] = "Polly",
        ["ZstdSharp.Port"] = "ZstdSharp",
        ["LLamaSharp"] = "LLama.Native",
        ["LLamaSharp.Backend.Cpu"] = null,
        ["libtorch-cpu-linux-x64"] = null,
        ["Microsoft.CodeAnalysis.Common"] = null,
        ["Microsoft.CodeAnalysis.Workspaces.Common"] = null,
        ["TorchSharp-cuda-linux"] = null,
        ["JsonSchema.Net"] = "Json.Schema",
        ["SkiaSharp.NativeAssets.Linux.NoDependencies"] = null,
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_UsesWhatItReferences(string path)
    {
        string folder = path[..(path.LastIndexOf('/') + 1)];
        string[] sources = [.. House.Checkout.Under(folder).Select(source => source.Text)];
        IEnumerable<string> projects = Items(path, "ProjectReference")
            .Select(include => Path.GetFileNameWithoutExtension(include.Replace('\\', '/')))
            .Where(project => project != "RewardReasoning"); // its namespace surrounds all others, so it is used without being named
        IEnumerable<string> packages = Items(path, "PackageReference")
            .Where(package => package.Length > 0)
            .Select(package => PackageNamespaces.TryGetValue(package, out string? name) ? name : package)
            .OfType<string>();
        House.Keeps(
            $"{path} references only what its sources use.",
            projects.Concat(packages).Where(name => !sources.Any(source => source.Contains(name, StringComparison.Ordinal)))
        );
    }

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        string solution = File.ReadAllText(House.FullPath("RewardReasoning.slnx"));
        House.Keeps(
            "The solution holds every project.",
            House.Files.Where(path =>
                path.EndsWith(".csproj", StringComparison.Ordinal) && !solution.Contains($"\"{path}\"", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public void Projects_PackageVersions_StandInOnePlace()
    {
        House.Keeps(
            "Versions stand in Directory.Packages.props.",
            House
                .Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
                .Where(path =>
                    XDocument.Load(House.FullPath(path)).Descendants("PackageReference").Any(item => item.Attribute("Version") is not null)
                )
        );
    }

    private static IEnumerable<string> Items(string path, string name) =>
        XDocument.Load(House.FullPath(path)).Descendants(name).Select(item => item.Attribute("Include")?.Value ?? "");
}
