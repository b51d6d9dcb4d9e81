using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Data.Export.Trl;

namespace RewardReasoning.Cli.Exporting;

/// <summary><c>--shape</c>: the shape of preference pairs that are written for TRL.</summary>
internal sealed class TrlShapeArgument
{
    private const string Default = "messages";

    private static readonly Dictionary<string, TrlShape> Shapes = new(StringComparer.Ordinal)
    {
        [Default] = TrlShape.Messages,
        ["text"] = TrlShape.Text,
        ["implicit-messages"] = TrlShape.ImplicitMessages,
        ["implicit-text"] = TrlShape.ImplicitText,
    };

    private readonly Option<string> _shape = new("--shape")
    {
        Description = "prompt, chosen and rejected as messages or as texts; or chosen and rejected alone, which begin with the prompt.",
        HelpName = string.Join('|', Shapes.Keys),
        DefaultValueFactory = _ => Default,
    };

    public void AddTo(Command command) => command.Options.Add(_shape);

    /// <exception cref="UsageException">There is no such shape.</exception>
    public TrlShape Read(ParseResult parsed) =>
        Shapes.TryGetValue(Name(parsed), out TrlShape shape)
            ? shape
            : throw new UsageException($"--shape is '{Name(parsed)}'; it is {string.Join(", ", Shapes.Keys)}.");

    public string Name(ParseResult parsed) => parsed.GetRequiredValue(_shape);
}
