using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Endpoints;
using RewardReasoning.Endpoints.Probing;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>endpoint probe --json</c> prints.</summary>
internal sealed record EndpointProbeJson(
    string Url,
    string Model,
    IReadOnlyList<string> Models,
    string Server,
    int? ContextTokens,
    JsonObject? RequestFields,
    IReadOnlyList<ProbeFindingJson> Findings,
    bool Complete,
    IReadOnlyList<string> Arguments
)
{
    public static EndpointProbeJson Of(EndpointProbeReport report, IReadOnlyList<string> arguments) =>
        new(
            EndpointOptions.Redacted(report.Url).ToString(),
            report.Model,
            report.Models,
            ServerArguments.NameOf(report.Server),
            report.ContextTokens,
            report.RequestFields,
            [.. report.Findings.Select(ProbeFindingJson.Of)],
            report.IsComplete,
            arguments
        );
}

/// <summary>One capability; <c>has</c> is null where nothing could be said, <c>expected</c> what others of the kind have.</summary>
internal sealed record ProbeFindingJson(string Capability, bool? Has, bool? Expected, string Detail, bool Failed)
{
    public static ProbeFindingJson Of(ProbeFinding finding) =>
        new(
            JsonNamingPolicy.SnakeCaseLower.ConvertName(finding.Capability.ToString()),
            finding.Has,
            finding.Expected,
            finding.Detail,
            finding.Failed
        );
}
