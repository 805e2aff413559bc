import type { ThemeConfig } from 'antd';

// Calm and dense: small radii, 13 px text, 30 px controls, one dark teal for what can be acted on.
export const theme: ThemeConfig = {
  token: {
    colorPrimary: '#17615c',
    colorInfo: '#17615c',
    colorLink: '#17615c',
    borderRadius: 4,
    fontSize: 13,
    controlHeight: 30,
    colorTextBase: '#1d2523',
    colorBgLayout: '#f4f5f4',
    colorBorder: '#d3d9d7',
    colorBorderSecondary: '#e5e9e7',
    colorBgMask: 'rgb(20 40 36 / 28%)',
    motionDurationMid: '0.12s',
    motionDurationSlow: '0.16s',
    fontFamily:
      "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
  },
  components: {
    Layout: { siderBg: '#fbfcfb', headerBg: '#ffffff', headerHeight: 48, headerPadding: '0 16px' },
    Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none' },
    Menu: { itemBg: 'transparent', itemHeight: 34, itemSelectedBg: '#e3efed', activeBarBorderWidth: 0 },
    Form: { itemMarginBottom: 14, verticalLabelPadding: '0 0 4px' },
  },
};
