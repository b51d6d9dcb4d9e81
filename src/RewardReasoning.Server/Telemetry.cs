using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RewardReasoning.Judging;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server;

/// <summary>
/// Metrics for Prometheus, and with a collector spans and metrics for it: of requests, judgments and votes, of what clients of models
/// measure by OpenTelemetry's conventions for generative AI, and of the server itself. None of them holds texts.
/// </summary>
internal static class Telemetry
{
    private const string VariablePrefix = "OTEL_";

    // The name that Microsoft.Extensions.AI gives the measurements of its UseOpenTelemetry.
    private const string ChatClients = "Experimental.Microsoft.Extensions.AI";

    /// <summary>Adds them.</summary>
    /// <param name="builder">Of the server.</param>
    /// <param name="exports">Whether a collector is sent them too.</param>
    public static void AddTo(WebApplicationBuilder builder, bool exports)
    {
        OpenTelemetryBuilder telemetry = builder
            .Services.AddOpenTelemetry()
            .WithMetrics(metrics =>
            {
                metrics
                    .AddMeter(JudgeTelemetry.SourceName, ServerMeter.Name, ChatClients)
                    .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                    .AddPrometheusExporter();
                if (exports)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (exports)
        {
            builder.Configuration.AddInMemoryCollection(Variables());
            telemetry.WithTracing(traces =>
                traces.AddSource(JudgeTelemetry.SourceName, ChatClients).AddAspNetCoreInstrumentation().AddOtlpExporter()
            );
        }
    }

    /// <summary>OpenTelemetry's own environment variables: the host reads none by itself.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Variables()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is { Key: string name, Value: string value } && name.StartsWith(VariablePrefix, StringComparison.Ordinal))
            {
                yield return new(name, value);
            }
        }
    }
}
