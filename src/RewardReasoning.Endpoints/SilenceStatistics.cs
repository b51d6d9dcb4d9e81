namespace RewardReasoning.Endpoints;

/// <summary>
/// How long a server is usually silent within an answer, over the latest answers, and from that when a silent try gets a second one beside
/// it: at a multiple of the 99th percentile, more for a longer prompt, never below a floor. As in "The Tail at Scale" (Dean and Barroso,
/// CACM 2013), hedges are rationed, so that a server which slows down as a whole is not asked twice as much.
/// </summary>
internal sealed class SilenceStatistics(TimeSpan floor)
{
    private const int Latest = 256;
    private const int Enough = 20;
    private const int Refresh = 16;
    private const double Multiple = 5;
    private const double HedgesAtStart = 8;
    private const double HedgesPerAnswer = 0.25;
    private const double MostHedges = 64;

    private readonly Lock _lock = new();
    private readonly double[] _silences = new double[Latest];
    private readonly double[] _sorted = new double[Latest];
    private int _count;
    private double _percentile;
    private double _meanBytes;
    private double _hedges = HedgesAtStart;

    /// <summary>When to look at a try for the first time.</summary>
    public TimeSpan Floor => floor;

    /// <summary>An answer came in the end.</summary>
    /// <param name="longestSilence">Its longest silence, in seconds.</param>
    /// <param name="requestBytes">Length of its request.</param>
    public void Add(double longestSilence, int requestBytes)
    {
        lock (_lock)
        {
            _silences[_count % Latest] = longestSilence;
            _count++;
            _meanBytes += (requestBytes - _meanBytes) / Math.Min(_count, Latest);
            _hedges = Math.Min(_hedges + HedgesPerAnswer, MostHedges);
            if (_count % Refresh == 0 || _count == Enough)
            {
                int known = Math.Min(_count, Latest);
                _silences.AsSpan(0, known).CopyTo(_sorted);
                Array.Sort(_sorted, 0, known);
                _percentile = _sorted[(int)Math.Ceiling(known * 0.99) - 1];
            }
        }
    }

    /// <summary>The silence after which a try with such a request is hedged; null while too few answers have come to know.</summary>
    public TimeSpan? Limit(int requestBytes)
    {
        lock (_lock)
        {
            if (_count < Enough)
            {
                return null;
            }

            double longer = Math.Max(1, requestBytes / Math.Max(1, _meanBytes));
            return TimeSpan.FromSeconds(Math.Max(floor.TotalSeconds, Multiple * _percentile) * longer);
        }
    }

    /// <summary>Takes one of the rationed hedges; false where none is left.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            bool has = _hedges >= 1;
            _hedges -= has ? 1 : 0;
            return has;
        }
    }
}
