using System.Buffers.Binary;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>
/// The orders that pairs are shown in: both, or the one that a hash of the pair picks, whichever response is the better. Many files hold
/// every pair in both orders: the second of two such rows is shown in the other order, and a pair is never written twice in one.
/// </summary>
internal sealed class PairOrders(bool both)
{
    private const int OrderBit = 17;
    private readonly Dictionary<UInt128, int> _shown = [];

    /// <summary>The orders of the next pair, in the numbering of its row; empty where it was shown in both already.</summary>
    public IReadOnlyList<ShownOrder> Of(VerlPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(ComparisonHash.OfUnorderedPair(pair.Comparison));
        int before = _shown.GetValueOrDefault(key);
        if (before == 2)
        {
            return [];
        }

        if (both)
        {
            _shown[key] = 2;
            return [ShownOrder.Given, ShownOrder.Swapped];
        }

        _shown[key] = before + 1;
        bool givenFirst = ComparisonHash.PickOne(pair.Comparison, OrderBit) == Verdict.First;
        return [givenFirst == (before == 0) ? ShownOrder.Given : ShownOrder.Swapped];
    }
}
