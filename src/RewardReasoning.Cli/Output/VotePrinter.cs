using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Output;

/// <summary>
/// Shows the votes of one judgment as they are written. Votes run at the same time and are shown one after the other: the first one
/// live, the text of the others is held back until it is their turn.
/// </summary>
internal sealed class VotePrinter(Terminal terminal, int votes)
{
    private const string Dim = "2";
    private const string Bold = "1";
    private readonly Dictionary<int, Held> _held = [];
    private int _turn;

    public void Show(JudgmentEvent happened)
    {
        if (happened.Vote < 0)
        {
            return;
        }

        Held vote = Of(happened.Vote);
        switch (happened.Kind)
        {
            case JudgmentEventKind.DrawStarted:
                vote.Add(Header(happened, brokeOff: vote.Draw == happened.Redraw));
                vote.Draw = happened.Redraw;
                break;
            case JudgmentEventKind.Reasoning:
                vote.Add(terminal.Paint(happened.Text, Dim));
                vote.Thinks = true;
                vote.EndsLine = happened.Text.EndsWith('\n');
                break;
            case JudgmentEventKind.Answer:
                vote.Add(vote.Thinks && !vote.EndsLine && !happened.Text.StartsWith('\n') ? $"\n{happened.Text}" : happened.Text);
                vote.Thinks = false;
                break;
            case JudgmentEventKind.VoteFinished:
                vote.Add(Footer(vote, happened.FinishedVote));
                vote.Finished = true;
                break;
        }

        Drain();
    }

    private Held Of(int vote) => _held.TryGetValue(vote, out Held? held) ? held : _held[vote] = new Held();

    private void Drain()
    {
        while (_held.TryGetValue(_turn, out Held? vote))
        {
            terminal.Out.Write(vote.Take());
            if (!vote.Finished)
            {
                return;
            }

            _held.Remove(_turn++);
        }
    }

    private string Header(JudgmentEvent started, bool brokeOff)
    {
        string shown = started.Order == ShownOrder.Given ? "" : "Assistant 1 is response 2, Assistant 2 is response 1";
        string title = votes > 1 || started.Vote > 0 ? $"vote {started.Vote + 1}" : "";
        string again =
            brokeOff ? "the answer broke off, asked again"
            : started.Redraw > 0 ? $"no verdict, drawn again ({started.Redraw})"
            : "";
        string line = string.Join("; ", new[] { title, again, shown }.Where(part => part.Length > 0));
        return line.Length == 0 ? "" : $"{(again.Length > 0 ? "\n" : "")}{terminal.Paint($"[{line}]", Bold)}\n";
    }

    // What is wrong with the only vote is said once, at the end.
    private string Footer(Held held, Vote? vote) =>
        $"{(held.IsEmpty ? "" : "\n")}{(votes > 1 && vote?.MissingReason is { } reason ? $"[{reason}]\n" : "")}";

    private sealed class Held
    {
        private readonly System.Text.StringBuilder _text = new();

        public bool Finished { get; set; }

        /// <summary>The draw that is shown; -1 before the first.</summary>
        public int Draw { get; set; } = -1;

        /// <summary>Whether the last piece of text was of a thought.</summary>
        public bool Thinks { get; set; }

        /// <summary>Whether that piece ended a line.</summary>
        public bool EndsLine { get; set; }

        /// <summary>Whether nothing was ever added.</summary>
        public bool IsEmpty { get; private set; } = true;

        public void Add(string text)
        {
            _text.Append(text);
            IsEmpty &= text.Length == 0;
        }

        public string Take()
        {
            string text = _text.ToString();
            _text.Clear();
            return text;
        }
    }
}
